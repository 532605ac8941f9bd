import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileFromName } from '../profile/index.ts'
import { planStack, type StackSpec } from '../stack/index.ts'
import { jvmFlags } from './jvm-flags.ts'
import { type LocalRendering, renderLocal } from './local.ts'
import { renderBrokerProperties, renderServerProperties } from './server-properties.ts'

const MIB = 1024 * 1024

function specOf(name: string): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(`${name} is no profile`)
  const plan = planStack(named.profile)
  if (!plan.ok) throw plan.error
  return plan.spec
}

function rendering(spec: StackSpec, more: Partial<LocalRendering> = {}): LocalRendering {
  const stats = Object.fromEntries(
    spec.services.filter(({ role }) => role !== 'kafka').map(({ name }, index) => [name, 9100 + index]),
  )
  return {
    spec,
    data: { kind: 'generator', seed: 7 },
    ports: { kafka: 9092, controller: 9093, backend: 8000, frontend: 8080, stats },
    paths: {
      java: '/java',
      kafkaClassPath: '/cache/libs/*',
      kafkaClassArchive: '/cache/classes.jsa',
      node: '/node',
      nodeCompileCache: '/cache/node',
      pipelineBin: '/pipeline/bin',
      kafkaDataDir: '/project/.radtune/local/data/kafka',
      kafkaConfigFile: '/project/.radtune/local/kafka.properties',
      clusterId: 'AAAAAAAAAAAAAAAAAAAAAA',
    },
    ...more,
  }
}

const rendered = (name: string, more: Partial<LocalRendering> = {}) => {
  const processes = renderLocal(rendering(specOf(name), more))
  const of = (wanted: string) => {
    const found = processes.find((one) => one.name === wanted)
    if (!found) throw new Error(`${wanted} is not rendered`)
    return found
  }
  return { processes, of }
}

describe('renderLocal', () => {
  it('orders 4c8g from the broker to the source', () => {
    expect(rendered('4c8g').processes.map(({ name }) => name)).toEqual([
      'kafka',
      'topics',
      'warm-up',
      'worker-1',
      'worker-2',
      'backend',
      'frontend',
      'provider',
    ])
  })

  it('gives every service the plan’s heap, slots, settings and addresses', () => {
    const { of } = rendered('4c8g')
    expect(of('kafka').args.slice(0, 3)).toEqual(['-Xms512m', '-Xmx512m', '-XX:ActiveProcessorCount=1'])
    const worker = of('worker-2')
    expect(worker.args.at(-1)).toBe('/pipeline/bin/worker.js')
    expect(worker.env).toMatchObject({
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9092',
      RADTUNE_SERVICE: 'worker-2',
      RADTUNE_SLOTS: '3',
      RADTUNE_PRODUCER_MAIN_LINGER: '10',
      RADTUNE_PRODUCER_MAIN_COMPRESSION: 'snappy',
      RADTUNE_STATS_ADDRESS: '127.0.0.1:9101',
    })
    expect(of('frontend').env).toMatchObject({
      RADTUNE_HTTP_ADDRESS: '127.0.0.1:8080',
      RADTUNE_BACKEND_URL: 'http://127.0.0.1:8000',
    })
    expect(JSON.parse(of('topics').env.RADTUNE_TOPICS ?? '')).toHaveLength(specOf('4c8g').topics.length)
  })

  it('never gives a worker more heap than the plan', () => {
    for (const name of ['2c4g', '4c8g', '8c16g', '16c32g']) {
      const spec = specOf(name)
      for (const process of renderLocal(rendering(spec)).filter(({ role }) => role === 'worker')) {
        const heapBytes = spec.services.find((service) => service.name === process.name)?.heapBytes ?? 0
        const mainBytes = Number(process.args[0]?.replace('--max-old-space-size=', '')) * MIB
        const slots = Number(process.env.RADTUNE_SLOTS) * Number(process.env.RADTUNE_SLOT_HEAP_BYTES)
        expect(mainBytes + slots).toBeLessThanOrEqual(heapBytes)
      }
    }
  })

  it('plants a fault in workers alone, and only where it is asked for', () => {
    const faults = (more: Partial<LocalRendering>) =>
      rendered('4c8g', more).processes.flatMap(({ name, env }) =>
        env.RADTUNE_SLOT_FAULT === undefined ? [] : [`${name} ${env.RADTUNE_SLOT_FAULT}`],
      )
    expect(faults({})).toEqual([])
    expect(faults({ slotFault: 'hold=40MiB' })).toEqual(['worker-1 hold=40MiB', 'worker-2 hold=40MiB'])
  })

  it('tells the provider its data', () => {
    expect(rendered('4c8g').of('provider').env.RADTUNE_SEED).toBe('7')
    const files = { kind: 'files', paths: ['/a b.csv', '/c.csv.gz'], loop: true } as const
    expect(rendered('4c8g', { data: files }).of('provider').env).toMatchObject({
      RADTUNE_DATA: '["/a b.csv","/c.csv.gz"]',
      RADTUNE_LOOP: 'true',
    })
  })

  it('changes only the provider when the data change, and nothing when nothing does', () => {
    const differing = (a: LocalRendering, b: LocalRendering) => {
      const before = renderLocal(a)
      return renderLocal(b)
        .filter((process, index) => JSON.stringify(process) !== JSON.stringify(before[index]))
        .map(({ name }) => name)
    }
    const spec = specOf('4c8g')
    expect(differing(rendering(spec), rendering(spec))).toEqual([])
    expect(differing(rendering(spec), rendering(spec, { data: { kind: 'generator', seed: 8 } }))).toEqual([
      'provider',
    ])
  })

  it('differs in start values only when live settings do, but for the one-shot that publishes them', () => {
    const named = profileFromName('4c8g')
    if (!named.ok) throw new Error(named.problem)
    const pins = [
      { key: 'pipeline.parallelism', value: 0, origin: 'overlay' },
      { key: 'provider.rate', value: 7, origin: 'overlay' },
      { key: 'thresholds.high', value: 70, origin: 'overlay' },
    ] as const
    const plan = planStack(named.profile, { pins })
    if (!plan.ok) throw plan.error
    const withoutStart = ({ env, startValues, ...process }: ReturnType<typeof renderLocal>[number]) => ({
      ...process,
      env: Object.fromEntries(Object.entries(env).filter(([name]) => !startValues.includes(name))),
    })
    const before = renderLocal(rendering(specOf('4c8g')))
    for (const [index, process] of renderLocal(rendering(plan.spec)).entries()) {
      const was = before[index] as typeof process
      if (process.name === 'topics') expect(process.env.RADTUNE_SETTINGS).not.toBe(was.env.RADTUNE_SETTINGS)
      else expect(withoutStart(process)).toEqual(withoutStart(was))
    }
    const worker = renderLocal(rendering(plan.spec)).find(({ name }) => name === 'worker-2')
    expect(worker?.env).toMatchObject({
      RADTUNE_SLOTS: '0',
      RADTUNE_WORKER_SHARE: '2/2',
      RADTUNE_PIPELINE_PARALLELISM: '0',
    })
    expect(Number(worker?.env.RADTUNE_SLOT_HEAP_BYTES)).toBeGreaterThan(64 * MIB)
  })

  it('for every machine: depends only on what comes before, and no port is given twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 2, max: 8 }), (cpus, memoryPerCpu) => {
        const { processes } = rendered(`${cpus}c${cpus * memoryPerCpu}g`)
        const seen = new Set<string>()
        for (const { name, dependsOn } of processes) {
          for (const other of dependsOn) expect(seen).toContain(other)
          expect(seen).not.toContain(name)
          seen.add(name)
        }
        const ports = processes.flatMap((process) => process.ports)
        expect(new Set(ports).size).toBe(ports.length)
      }),
      { numRuns: 50 },
    )
  })
})

describe('server.properties', () => {
  const lines = (text: string) =>
    new Map(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/=(.*)/s) as [string, string]),
    )

  it('has each key once, listens on loopback only, and takes its numbers from the plan', () => {
    const spec = specOf('4c8g')
    const text = renderServerProperties(spec, { kafka: 19092, controller: 19093 }, { dataDir: '/data' })
    const properties = lines(text)
    expect(properties.size).toBe(text.trimEnd().split('\n').length)
    expect(properties.get('listeners')).toBe('PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093')
    expect(text).not.toContain('0.0.0.0')
    expect(properties.get('num.partitions')).toBe('6')
    expect(properties.get('log.retention.ms')).toBe(String(24 * 3_600_000))
    expect(properties.get('log.dirs')).toBe('/data')
  })

  it('writes a folder so that Java reads it back, whatever its name', () => {
    const dataDir = '/home/Zoë/a\\b c/日本'
    const text = renderBrokerProperties({
      port: 1,
      controllerPort: 2,
      dataDir,
      partitions: 1,
      replicationFactor: 1,
      retentionMs: 1,
      segmentBytes: 1,
    })
    expect(lines(text).get('log.dirs')).toBe('/home/Zo\\u00eb/a\\\\b c/\\u65e5\\u672c')
  })
})

it('a tiny heap is collected serially', () => {
  expect(jvmFlags({ heapBytes: 128 * MIB, cpus: 0.5 })).toContain('-XX:+UseSerialGC')
  expect(jvmFlags({ heapBytes: 512 * MIB, cpus: 1.5 })).toEqual(
    expect.arrayContaining(['-XX:+UseG1GC', '-XX:ActiveProcessorCount=2']),
  )
})

it('a broker of less than a CPU does not spend it on the optimising compiler', () => {
  expect(jvmFlags({ heapBytes: 512 * MIB, cpus: 0.5 })).toContain('-XX:TieredStopAtLevel=1')
  expect(jvmFlags({ heapBytes: 512 * MIB, cpus: 1.5 })).not.toContain('-XX:TieredStopAtLevel=1')
})

it('the storage is formatted with the class archive, which need not exist', () => {
  const [format] = rendered('4c8g').of('kafka').prepare
  expect(format?.args).toEqual(
    expect.arrayContaining(['-XX:SharedArchiveFile=/cache/classes.jsa', '-Xshare:auto']),
  )
})

it('starts every service again that somebody ends: the provider, too, stays up when its data are finished', () => {
  const once = renderLocal(rendering(specOf('4c8g'))).filter(({ restart }) => restart === 'never')
  expect(once.map(({ name }) => name)).toEqual(['topics', 'warm-up'])
})
