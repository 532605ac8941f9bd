import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Accumulator, type LaneOptions } from './accumulator.ts'
import type { BatchProducer, EncodedRecords } from './driver.ts'
import { decodeRecords } from './record-batch.ts'

const lane = (changes: Partial<LaneOptions> = {}): LaneOptions => ({
  batchBytes: 1000,
  lingerMs: 1,
  compression: 'none',
  ...changes,
})

/** A broker in memory: keeps what it was sent, answers when told to. */
function memoryProducer(options: { manual?: boolean } = {}) {
  const written = new Map<string, string[]>()
  const requests: { batches: { topic: string; records: string[] }[]; compression: string }[] = []
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  let inFlight = 0
  let mostInFlight = 0
  const producer: BatchProducer = {
    connect: async () => undefined,
    close: async () => undefined,
    async send(batches, compression) {
      const sent = batches.map(({ topic, partition, records }) => ({
        topic,
        partition,
        records: valuesOf(records),
      }))
      requests.push({ batches: sent, compression })
      inFlight += 1
      mostInFlight = Math.max(mostInFlight, inFlight)
      try {
        if (options.manual) await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
        else await new Promise((resolve) => setImmediate(resolve))
      } finally {
        inFlight -= 1
      }
      for (const { topic, partition, records } of sent) {
        const name = `${topic}/${partition}`
        written.set(name, [...(written.get(name) ?? []), ...records])
      }
    },
  }
  return { producer, written, requests, waiting, mostInFlight: () => mostInFlight }
}

function valuesOf(records: EncodedRecords): string[] {
  return [...decodeRecords(records)].map(({ value }) => String(value))
}

const record = (text: string) => ({ key: null, value: Buffer.from(text), headers: [] })

describe('Accumulator', () => {
  it('sends a full batch at once and the rest after the linger', async () => {
    const { producer, requests } = memoryProducer()
    const accumulator = new Accumulator({
      producer,
      lanes: { t: lane({ batchBytes: 100, lingerMs: 5 }) },
      bufferBytes: 1e6,
      onFailure: fail,
    })
    for (let index = 0; index < 5; index += 1) accumulator.append('t', 0, record('x'.repeat(20)))
    await accumulator.settled()
    expect(requests.length).toBeGreaterThanOrEqual(2)
    expect(requests[0]?.batches[0]?.records).toHaveLength(4)
    expect(accumulator.counts).toMatchObject({ records: 5, queuedBytes: 0 })
  })

  it('keeps the order of every partition when lanes change while a backlog waits', async () => {
    const { producer, written, requests, waiting } = memoryProducer({ manual: true })
    const options = (main: LaneOptions['compression']) => ({
      lanes: {
        main: lane({ batchBytes: 60, compression: main }),
        dirty: lane({ batchBytes: 60, compression: 'gzip' }),
      },
      bufferBytes: 1e6,
    })
    const accumulator = new Accumulator({ producer, ...options('snappy'), onFailure: fail })
    let next = 0
    for (const compression of ['snappy', 'gzip', 'snappy', 'gzip'] as const) {
      accumulator.configure(options(compression))
      for (let round = 0; round < 3; round += 1) {
        accumulator.append('dirty', 0, record(String(next++).padStart(20, '0')))
        accumulator.append('main', round % 2, record(String(next++).padStart(20, '0')))
      }
    }
    accumulator.flush()
    const done = accumulator.settled()
    const answering = setInterval(() => waiting.shift()?.resolve(), 1)
    await done
    clearInterval(answering)
    for (const texts of written.values()) expect(texts).toEqual([...texts].sort())
    expect([...written.values()].flat()).toHaveLength(next)
    expect(new Set(requests.map(({ compression }) => compression))).toEqual(new Set(['snappy', 'gzip']))
  })

  it('has space at once when the buffer grows', async () => {
    const { producer, waiting } = memoryProducer({ manual: true })
    const lanes = { t: lane({ batchBytes: 10 }) }
    const accumulator = new Accumulator({ producer, lanes, bufferBytes: 10, onFailure: fail })
    accumulator.append('t', 0, record('x'.repeat(50)))
    expect(accumulator.full).toBe(true)
    const space = accumulator.space()
    accumulator.configure({ lanes, bufferBytes: 1000 })
    await space
    waiting.shift()?.resolve()
    await accumulator.settled()
  })

  it('puts lanes of different compression into different requests', async () => {
    const { producer, requests } = memoryProducer()
    const lanes = { main: lane({ compression: 'snappy' }), dirty: lane({ compression: 'gzip' }) }
    const accumulator = new Accumulator({ producer, lanes, bufferBytes: 1e6, onFailure: fail })
    accumulator.append('main', 0, record('a'))
    accumulator.append('dirty', 0, record('b'))
    accumulator.append('main', 1, record('c'))
    accumulator.flush()
    await accumulator.settled()
    expect(
      requests.map(({ compression, batches }) => [compression, batches.map(({ topic }) => topic)]),
    ).toEqual([
      ['snappy', ['main', 'main']],
      ['gzip', ['dirty']],
    ])
  })

  it('is full from its memory cap on and has space again after the acknowledgement', async () => {
    const { producer, waiting } = memoryProducer({ manual: true })
    const accumulator = new Accumulator({ producer, lanes: { t: lane() }, bufferBytes: 200, onFailure: fail })
    while (!accumulator.full) accumulator.append('t', 0, record('x'.repeat(50)))
    let space = false
    const waited = accumulator.space().then(() => {
      space = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(space).toBe(false)
    waiting[0]?.resolve()
    await waited
    expect(accumulator.counts.queuedBytes).toBe(0)
  })

  it('settles only when everything appended before is acknowledged, although a later batch was faster', async () => {
    const { producer, waiting } = memoryProducer({ manual: true })
    const lanes = { slow: lane({ lingerMs: 10_000, compression: 'gzip' }), quick: lane({ batchBytes: 1 }) }
    const accumulator = new Accumulator({ producer, lanes, bufferBytes: 1e6, onFailure: fail })
    accumulator.append('slow', 0, record('first'))
    let settled = false
    const waited = accumulator.settled().then(() => {
      settled = true
    })
    accumulator.append('quick', 0, record('second'))
    waiting.shift()?.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toBe(false)
    accumulator.flush()
    waiting.shift()?.resolve()
    await waited
  })

  it('fills what is due further while a request is out, and sends it as one batch', async () => {
    const { producer, requests, waiting } = memoryProducer({ manual: true })
    const lanes = { t: lane({ batchBytes: 1 }) }
    const accumulator = new Accumulator({ producer, lanes, bufferBytes: 1e6, onFailure: fail })
    for (const text of ['a', 'b', 'c', 'd']) accumulator.append('t', 0, record(text))
    const settled = accumulator.settled()
    waiting[0]?.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    waiting[1]?.resolve()
    await settled
    expect(requests.map(({ batches }) => batches[0]?.records)).toEqual([['a'], ['b', 'c', 'd']])
  })

  it('takes open batches along with a request that leaves anyway, of the same compression', async () => {
    const { producer, requests } = memoryProducer()
    const lanes = {
      main: lane({ batchBytes: 100, lingerMs: 10_000 }),
      dirty: lane({ lingerMs: 10_000, compression: 'gzip' }),
    }
    const accumulator = new Accumulator({ producer, lanes, bufferBytes: 1e6, onFailure: fail })
    accumulator.append('main', 0, record('a'))
    accumulator.append('dirty', 0, record('b'))
    accumulator.append('main', 1, record('x'.repeat(100)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(requests).toHaveLength(1)
    expect(requests[0]?.batches.map(({ records }) => records)).toEqual([['x'.repeat(100)], ['a']])
    accumulator.discard()
  })

  it('never makes a batch that a broker with default limits would refuse, if its records allow', async () => {
    const { producer, requests, waiting } = memoryProducer({ manual: true })
    const accumulator = new Accumulator({ producer, lanes: { t: lane() }, bufferBytes: 1e8, onFailure: fail })
    for (let index = 0; index < 30; index += 1) accumulator.append('t', 0, record('x'.repeat(100_000)))
    const settled = accumulator.settled()
    for (let sent = 0; accumulator.counts.queuedBytes > 0; sent += 1) {
      waiting[sent]?.resolve()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await settled
    const sizes = requests.flatMap(({ batches }) => batches.map(({ records }) => records.join('').length))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(600_000)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3_000_000)
  })

  it('reports a batch that was refused for good and takes nothing more', async () => {
    const { producer, waiting } = memoryProducer({ manual: true })
    const failures: string[] = []
    const accumulator = new Accumulator({
      producer,
      lanes: { t: lane() },
      bufferBytes: 1e6,
      onFailure: (error) => failures.push(error.message),
    })
    accumulator.append('t', 0, record('x'))
    accumulator.flush()
    const settled = accumulator.settled()
    waiting[0]?.reject(new Error('refused'))
    await expect(settled).rejects.toThrow('refused')
    expect(failures).toEqual(['refused'])
    expect(() => accumulator.append('t', 0, record('y'))).toThrow('refused')
    await expect(accumulator.space()).rejects.toThrow('refused')
  })

  it('keeps the order of every partition, loses nothing, and has one request in flight', async () => {
    const append = fc.record({
      topic: fc.constantFrom('a', 'b'),
      partition: fc.nat(3),
      size: fc.integer({ min: 0, max: 120 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(append, { maxLength: 200 }),
        fc.integer({ min: 100, max: 4000 }),
        async (appends, bufferBytes) => {
          const { producer, written, mostInFlight } = memoryProducer()
          const lanes = {
            a: lane({ batchBytes: 150, compression: 'snappy' }),
            b: lane({ batchBytes: 80, compression: 'gzip' }),
          }
          const accumulator = new Accumulator({ producer, lanes, bufferBytes, onFailure: fail })
          const expected = new Map<string, string[]>()
          for (const [index, { topic, partition, size }] of appends.entries()) {
            const text = `${index}:${'x'.repeat(size)}`
            const name = `${topic}/${partition}`
            expected.set(name, [...(expected.get(name) ?? []), text])
            accumulator.append(topic, partition, record(text))
            if (accumulator.full) await accumulator.space()
          }
          accumulator.flush()
          await accumulator.settled()
          expect(written).toEqual(expected)
          expect(mostInFlight()).toBeLessThanOrEqual(1)
          expect(accumulator.counts.queuedBytes).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })
})

function fail(error: Error): never {
  throw error
}
