import { TOPICS } from '@radtune/core/contract'
import { describe, expect, it } from 'vitest'
import { createFreePacer, createPausedPacer, createRatePacer } from './pacing.ts'
import { resumePoint } from './resume.ts'
import { emptyTally, type RowSource } from './row-source.ts'
import { createProvider, type ProviderClock, type RowSink, systemClock } from './run-provider.ts'

const nothingBefore = resumePoint({
  identity: { kind: 'generator', seed: 1 },
  partitions: 2,
  newestRefs: new Map(),
})

/** A clock that only moves when somebody sleeps on it. */
function manualClock(): ProviderClock & { nowMs: number } {
  return {
    nowMs: 0,
    wallMs() {
      return 1_700_000_000_000 + this.nowMs
    },
    monotonicMs() {
      return this.nowMs
    },
    async sleep(ms) {
      this.nowMs += ms
    },
  }
}

function countingSource(batchCount: number, rowsPerBatch = 10): RowSource & { given: number } {
  return {
    given: 0,
    title: 'counted',
    tally: emptyTally(),
    async *batches({ signal }) {
      for (let batch = 0; batch < batchCount && !signal.aborted; batch += 1) {
        const rows = Array.from({ length: rowsPerBatch }, (_, at) => ({
          row: batch * rowsPerBatch + at + 1,
          reading: { latitude: '', longitude: '', value: String(at) },
        }))
        this.given += rows.length
        yield { source: 'generator-1', round: 0, index: 0, rows }
      }
    },
  }
}

function memorySink() {
  const taken: { topic: string; partition: number; row: string; sentAt: string }[] = []
  let acknowledged = 0
  const sink: RowSink = {
    append(topic, partition, { headers }) {
      const text = (name: string) => headers.find(([header]) => header === name)?.[1].toString() ?? ''
      taken.push({ topic, partition, row: text('row'), sentAt: text('sent-at') })
    },
    async flush() {
      acknowledged = taken.length
    },
    counts: () => ({ acknowledged, queuedBytes: (taken.length - acknowledged) * 100 }),
  }
  return { sink, taken }
}

const idle = new AbortController().signal

describe('createProvider', () => {
  it('takes another pace at once, from now on, and without a burst', async () => {
    const { sink, taken } = memorySink()
    const clock = manualClock()
    let asleep: (() => void) | undefined
    const sleep = clock.sleep.bind(clock)
    clock.sleep = (ms, signal) => {
      if (ms < 10_000) return sleep(ms, signal)
      asleep?.()
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    const provider = createProvider({
      source: countingSource(3),
      sink,
      resume: nothingBefore,
      pacer: createRatePacer(0.01),
      partitions: 2,
      clock,
    })
    const sleeping = new Promise<void>((resolve) => {
      asleep = resolve
    })
    const running = provider.run(idle)
    await sleeping
    expect(taken).toHaveLength(1)
    clock.nowMs = 50_000
    provider.setPacer(createRatePacer(100))
    expect(await running).toBe('finished')
    const first = 1_700_000_000_000 + 50_000
    expect(taken.slice(1, 5).map(({ sentAt }) => Number(sentAt) - first)).toEqual([0, 10, 20, 30])
    expect(provider.numbers().targetPerSecond).toBe(100)
  })

  it('holds every row back while it is paused, loses none, and goes on at its pace without a burst', async () => {
    const { sink, taken } = memorySink()
    const clock = manualClock()
    const sleep = clock.sleep.bind(clock)
    const held = Promise.withResolvers<void>()
    clock.sleep = (ms, signal) => {
      if (Number.isFinite(ms)) return sleep(ms, signal)
      held.resolve()
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    const provider = createProvider({
      source: countingSource(3),
      resume: nothingBefore,
      pacer: createRatePacer(100),
      partitions: 2,
      clock,
      sink: {
        ...sink,
        append(topic, partition, record) {
          sink.append(topic, partition, record)
          if (taken.length === 7) provider.setPacer(createPausedPacer())
        },
      },
    })
    const running = provider.run(idle)
    await held.promise
    expect(provider.numbers()).toMatchObject({ state: 'paused', read: 8 })
    expect(taken).toHaveLength(7)
    clock.nowMs += 600_000
    const resumedAt = clock.wallMs()
    provider.setPacer(createRatePacer(100))
    expect(provider.numbers().state).toBe('running')
    expect(await running).toBe('finished')
    expect(taken.map(({ row }) => row)).toEqual(
      Array.from({ length: 30 }, (_, at) => `generator-1:${at + 1}`),
    )
    expect(taken.slice(7, 11).map(({ sentAt }) => Number(sentAt) - resumedAt)).toEqual([0, 10, 20, 30])
  })

  it('can be stopped while it is paused', async () => {
    const { sink, taken } = memorySink()
    const stop = new AbortController()
    const provider = createProvider({
      source: countingSource(3),
      sink,
      resume: nothingBefore,
      pacer: createPausedPacer(),
      partitions: 2,
      clock: systemClock,
    })
    const running = provider.run(stop.signal)
    stop.abort()
    expect(await running).toBe('stopped')
    expect(taken).toEqual([])
  })

  it('publishes every row in order, flushes, and is finished', async () => {
    const { sink, taken } = memorySink()
    const provider = createProvider({
      source: countingSource(3),
      sink,
      resume: nothingBefore,
      pacer: createFreePacer(),
      partitions: 2,
      clock: manualClock(),
    })
    expect(provider.numbers().state).toBe('starting')
    expect(await provider.run(idle)).toBe('finished')
    expect(taken.map(({ row }) => row)).toEqual(
      Array.from({ length: 30 }, (_, at) => `generator-1:${at + 1}`),
    )
    expect(taken.every(({ topic, sentAt }) => topic === TOPICS.input && sentAt === '1700000000000')).toBe(
      true,
    )
    expect(provider.numbers()).toMatchObject({
      state: 'finished',
      read: 30,
      published: 30,
      skipped: 0,
      queuedBytes: 0,
    })
  })

  it('skips what was published, partition by partition, without waiting for it', async () => {
    const { sink, taken } = memorySink()
    const clock = manualClock()
    const newestRefs = new Map([
      [0, { source: 'generator-1', row: 20 }],
      [1, { source: 'generator-1', row: 15 }],
    ])
    const provider = createProvider({
      source: countingSource(3),
      sink,
      resume: resumePoint({ identity: { kind: 'generator', seed: 1 }, partitions: 2, newestRefs }),
      pacer: createRatePacer(1),
      partitions: 2,
      clock,
    })
    await provider.run(idle)
    expect(taken.map(({ row }) => Number(row.split(':')[1]))).toEqual([
      17, 19, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    ])
    expect(provider.numbers()).toMatchObject({ read: 30, skipped: 18, published: 12 })
    expect(clock.nowMs).toBe(11_000)
  })

  it('stops reading while the sink is full', async () => {
    const { sink, taken } = memorySink()
    const source = countingSource(1000)
    const clock = manualClock()
    const full = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const provider = createProvider({
      source,
      sink: {
        ...sink,
        append(topic, partition, record) {
          sink.append(topic, partition, record)
          if (taken.length !== 25) return
          reached.resolve()
          return full.promise
        },
      },
      resume: nothingBefore,
      pacer: createFreePacer(),
      partitions: 2,
      clock,
    })
    const running = provider.run(idle)
    await reached.promise
    clock.nowMs += 400
    await new Promise((resolve) => setImmediate(resolve))
    expect(source.given).toBe(30)
    expect(provider.numbers()).toMatchObject({ state: 'running', read: 25, backPressuredMs: 1000 })
    full.resolve()
    await running
    expect(taken.length).toBe(10_000)
  })

  it('stops cleanly when told: nothing more is taken, and what was taken is flushed', async () => {
    const { sink, taken } = memorySink()
    const stop = new AbortController()
    const provider = createProvider({
      source: countingSource(1000),
      sink: {
        ...sink,
        append(topic, partition, record) {
          sink.append(topic, partition, record)
          if (taken.length === 42) stop.abort()
        },
      },
      resume: nothingBefore,
      pacer: createFreePacer(),
      partitions: 2,
      clock: manualClock(),
    })
    expect(await provider.run(stop.signal)).toBe('stopped')
    expect(provider.numbers().published).toBe(42)
  })

  it('tells of a source or sink that fails, after flushing what there was', async () => {
    const { sink, taken } = memorySink()
    const source = countingSource(1)
    const failing: RowSource = {
      ...source,
      async *batches(order) {
        yield* source.batches(order)
        throw new Error('the disk is gone')
      },
    }
    const provider = createProvider({
      source: failing,
      sink,
      resume: nothingBefore,
      pacer: createFreePacer(),
      partitions: 2,
      clock: manualClock(),
    })
    await expect(provider.run(idle)).rejects.toThrow('the disk is gone')
    expect(taken.length).toBe(10)
    expect(provider.numbers()).toMatchObject({ state: 'failed', published: 10 })
  })
})
