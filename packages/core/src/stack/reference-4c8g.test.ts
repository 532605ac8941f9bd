import { describe, expect, it } from 'vitest'
import { TOPICS } from '../contract/index.ts'
import { profileFromName } from '../profile/index.ts'
import { parseBytes } from '../units/index.ts'
import { planStack, type ServiceSpec, type StackSpec } from './index.ts'

const spec = planNamed('4c8g')

function planNamed(name: string): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  const result = planStack(named.profile)
  if (!result.ok) throw result.error
  return result.spec
}

function bytes(text: string): number {
  const result = parseBytes(text)
  if (!result.ok) throw new Error(result.problem)
  return result.value
}

function service(name: string): ServiceSpec {
  const found = spec.services.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`no ${name}`)
  return found
}

describe('4c8g is the reference configuration, row by row', () => {
  it.each([
    // name, memory limit, CPU limit, memory reserved, CPU reserved
    ['worker-1', '2.0GB', 1.5, '1.5GB', 1.0],
    ['worker-2', '2.0GB', 1.5, '1.5GB', 1.0],
    ['kafka', '1.0GB', 0.5, '0.5GB', 0.3],
    ['backend', '0.5GB', 0.3, '0.3GB', 0.2],
    ['provider', '0.3GB', 0.2, '0.1GB', 0.1],
    ['frontend', '0.3GB', 0.2, '0.1GB', 0.1],
  ] as const)('%s: %s, %d CPU, reserved %s and %d', (name, memory, cpus, reservedMemory, reservedCpus) => {
    expect(service(name)).toMatchObject({
      memoryBytes: bytes(memory),
      cpus,
      reservedMemoryBytes: bytes(reservedMemory),
      reservedCpus,
    })
  })

  it('has these services and no JobManager', () => {
    expect(spec.services.map(({ name }) => name)).toEqual([
      'kafka',
      'worker-1',
      'worker-2',
      'backend',
      'provider',
      'frontend',
    ])
  })

  it('has 3 slots in each worker and 6 in all', () => {
    expect([service('worker-1').slots, service('worker-2').slots]).toEqual([3, 3])
    expect(spec.settings['pipeline.parallelism'].value).toBe(6)
  })

  it('adds up to what the columns really add up to', () => {
    expect(spec.totals).toMatchObject({ cpus: 4.2, reservedCpus: 2.7, cpuOvercommit: 1.05 })
    expect(spec.totals.memoryBytes / bytes('1GB')).toBeCloseTo(6.1, 6)
    expect(spec.totals.reservedMemoryBytes / bytes('1GB')).toBeCloseTo(4.0, 6)
    expect(spec.machine.usableMemoryBytes / bytes('1GB')).toBeCloseTo(6.8, 6)
  })

  it('gives the broker a heap of half its limit and a worker three quarters', () => {
    expect(service('kafka').heapBytes).toBe(bytes('512MB'))
    expect(service('worker-1').heapBytes).toBe(bytes('1.5GB'))
  })

  it('has the documented topics', () => {
    const data = [TOPICS.input, TOPICS.normal, TOPICS.critical, TOPICS.dirty]
    expect(spec.topics.map(({ name }) => name)).toEqual([...data, TOPICS.settings, TOPICS.playback])
    for (const topic of spec.topics.slice(0, 4)) {
      expect(topic).toMatchObject({ partitions: 6, replicationFactor: 1 })
      expect(topic.config).toMatchObject({
        'retention.ms': String(24 * 3_600_000),
        'segment.bytes': String(bytes('1GB')),
      })
    }
    expect(spec.topics.slice(4).map(({ partitions }) => partitions)).toEqual([1, 1])
    expect(spec.topics[4]?.config['cleanup.policy']).toBe('compact')
  })

  it.each([
    ['producer.main.batchBytes', 32768],
    ['producer.main.linger', 10],
    ['producer.main.compression', 'snappy'],
    ['producer.bufferMemory', 67108864],
    ['producer.dirty.batchBytes', 16384],
    ['producer.dirty.linger', 20],
    ['producer.dirty.compression', 'gzip'],
    ['consumer.fetchMaxWait', 500],
    ['consumer.maxPartitionFetchBytes', 1048576],
    ['consumer.sessionTimeout', 30000],
    ['thresholds.moderate', 50],
    ['thresholds.high', 200],
    ['thresholds.critical', 1000],
    ['provider.rate', 1000],
  ] as const)('sets %s to the documented %s', (key, value) => {
    expect(spec.settings[key]).toMatchObject({ value, origin: 'derived' })
  })
})

describe('where the reference cannot work as written, 4c8g deviates and says so', () => {
  it.each([
    ['JobManager', 'worker-1, worker-2 with 6 slots'],
    ['heap 1024m', 'one heap for each worker'],
    ['source parallelism 2', 'all 6 slots'],
    ['4.2', 'true sums: 4.2'],
    ['7.6GB', '6.1 GiB'],
    ['Kafka 1.0GB', 'a heap of 512 MiB in 1.0 GiB'],
    ['Kafka 0.5 CPU', 'throttling measured'],
    ['retention 24 h', 'segments closed after 1h'],
    ['fetch.min.bytes 1024', 'fetch.min.bytes 1'],
    ['health checks that always pass', '/health'],
  ])('%s → %s', (documented, instead) => {
    const deviation = spec.deviations.find((candidate) => candidate.documented.includes(documented))
    expect(deviation?.instead).toContain(instead)
    expect(deviation?.reason).not.toBe('')
  })

  it('bounds age and size of the logs, since retention deletes closed segments only', () => {
    const config = spec.topics[0]?.config ?? {}
    expect(config['segment.ms']).toBe('3600000')
    // (retention.bytes + the open segment) × 6 partitions × 4 topics = 48 GiB of disk
    const worst = (Number(config['retention.bytes']) + Number(config['segment.bytes'])) * 6 * 4
    expect(worst).toBe(bytes('48GB'))
  })

  it('asks for 1024 bytes in a fetch only where the slowest rate fills them in time', () => {
    const named = profileFromName('4c8g')
    if (!named.ok) throw new Error(named.problem)
    const fast = planStack({
      ...named.profile,
      workload: { minPerSecond: 10_000, maxPerSecond: 20_000, latencyTargetMs: 100 },
    })
    expect(fast).toMatchObject({
      ok: true,
      spec: { settings: { 'consumer.fetchMinBytes': { value: 1024 } } },
    })
    expect(fast.ok && fast.spec.deviations.some(({ documented }) => documented.includes('fetch.min'))).toBe(
      false,
    )
  })
})

describe('other shipped sizes by the same rules', () => {
  it.each([
    ['2c4g', 1, 3, 0.9],
    ['8c16g', 4, 12, 2.0],
    ['16c32g', 8, 24, 2.0],
    ['64c256g', 8, 96, 8.0],
    ['6c12g', 3, 9, 2.0],
  ])('%s: %d workers, %d slots, %d GiB each', (name, workers, slots, gibibytes) => {
    const planned = planNamed(name)
    const found = planned.services.filter(({ role }) => role === 'worker')
    expect(found).toHaveLength(workers)
    expect(found.reduce((sum, worker) => sum + (worker.slots ?? 0), 0)).toBe(slots)
    for (const worker of found) expect(worker.memoryBytes / bytes('1GB')).toBeCloseTo(gibibytes, 6)
  })
})

it('gives every number of every service a reason with figures', () => {
  for (const { name, reasons, slots } of spec.services) {
    const explained = reasons.map(({ of }) => of)
    const expected = ['memoryBytes', 'cpus', 'heapBytes', 'reservedMemoryBytes', 'reservedCpus']
    expect(explained, name).toEqual(
      expect.arrayContaining(slots === undefined ? expected : [...expected, 'slots']),
    )
    for (const reason of reasons) {
      expect(reason.rule).not.toBe('')
      expect(reason.sentence).toMatch(/\d/)
      expect(reason.sentence).not.toMatch(/NaN|undefined|Infinity/)
    }
  }
})
