import type { BackendSample, ProviderSample, WorkerSample } from '@radtune/core/contract'
import {
  DEFAULT_TARGETS,
  type HostLoad,
  type KafkaSnapshot,
  known,
  mapReading,
  pastSnapshots,
  type Reading,
  type Snapshot,
  type Targets,
  targetsOf,
  unknown,
} from '@radtune/core/metrics'
import type { Broker } from '../ports/broker.ts'
import type { Launch, StackState } from '../ports/runtime.ts'
import type { SnapshotSource } from '../ports/snapshot-source.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { type AskedSource, createAskedSource } from './asked-source.ts'
import { runningLaunch } from './running-launch.ts'
import { serviceSnapshots, settingsInForce, stackFacts } from './snapshot-parts.ts'

/** Takes snapshots of a stack from all its sources at once. */
export interface SnapshotCollector {
  /** Asks every source, and answers with what they have said when all have, or when patience is at its end. Never throws. */
  sample(): Promise<Snapshot>
  /** What the services remember of the minutes before `now`; empty where they do not answer. */
  past(now: Snapshot): Promise<Snapshot[]>
  /** What the stack that was seen last is to be judged by. */
  targets(): Targets
  close(): Promise<void>
}

/** Why there is nothing to say of a stack when the runtime knows of none. */
export const NOTHING_RUNS = 'nothing runs; radtune up starts it'
/** As long as a snapshot waits for the slowest source at most. */
const MOST_PATIENCE_MS = 1_000
const LIMIT_MS = 5_000
/** The file that tells what was changed live is read again at least this often. */
const LAUNCH_MAX_AGE_MS = 30_000

interface StackSources {
  launch: Launch
  kafka: AskedSource<KafkaSnapshot>
  workers: { service: string; source: AskedSource<WorkerSample> }[]
  provider: AskedSource<ProviderSample>
  backend: AskedSource<BackendSample>
  broker: Broker
}

/**
 * Collects from the runtime, the host, Kafka over one connection, and each service over HTTP. Each source may fail or hang alone: it
 * is then a Reading with a why, the others are not delayed, and it is asked again later.
 */
export function createSnapshotCollector(
  world: StackWorld,
  pace: { readonly intervalMs: number; readonly firstPatienceMs?: number },
): SnapshotCollector {
  const { clock, runtime, host, project } = world
  const now = () => clock.now()
  const asked = <Value>(name: string, ask: () => Promise<Reading<Value>>) => {
    const source: SnapshotSource<Value> = { name, limitMs: Math.max(LIMIT_MS, pace.intervalMs * 2), ask }
    return createAskedSource(source, now)
  }
  const hostSource = asked<HostLoad>('the host', async () => known(await host.load(), now()))
  const watch = runtime.watch?.() ?? runtime
  const runtimeSource = asked<StackState | null>('the runtime', async () =>
    known((await watch.inspect()) ?? null, now()),
  )
  const changes = createLaunchReader(world)
  let sources: StackSources | undefined
  let taken = 0

  async function sourcesOf(launch: Launch): Promise<StackSources> {
    if (sources && samePorts(sources.launch, launch)) return sources
    void sources?.broker.close()
    const { ports, spec } = launch
    const broker = world.broker(ports.kafka)
    const port = (service: string) => ports.stats[service] ?? 0
    sources = {
      launch,
      broker,
      kafka: asked('Kafka', async () => known(await broker.observe(), now())),
      workers: spec.services
        .filter(({ role }) => role === 'worker')
        .map(({ name }) => ({ service: name, source: asked(name, () => world.stats.worker(port(name))) })),
      provider: asked('provider', () => world.stats.provider(port('provider'))),
      backend: asked('backend', () => world.stats.backend(port('backend'))),
    }
    return sources
  }

  /** Waits for all, but not longer than patience lasts. */
  async function waitFor(answers: readonly Promise<void>[]): Promise<void> {
    const usualMs = Math.min(MOST_PATIENCE_MS, Math.max(200, pace.intervalMs * 0.8))
    const patienceMs = taken === 0 ? (pace.firstPatienceMs ?? usualMs) : usualMs
    const enough = new AbortController()
    const all = Promise.all(answers).then(() => enough.abort())
    await Promise.race([all, clock.sleep(patienceMs, enough.signal).catch(() => undefined)])
  }

  return {
    async sample() {
      const own = [runtimeSource.ask(), hostSource.ask()]
      // What was launched last tells where everybody listens, before the runtime has answered.
      const expected = sources?.launch ?? (await project.readLaunch().catch(() => undefined))
      if (!expected) await waitFor(own)
      const stack = runtimeSource.read()
      const launch = expected ?? (stack.known ? stack.value?.launch : undefined)
      const of = launch && (await sourcesOf(launch))
      await waitFor([
        ...own,
        ...(of ? [of.kafka, of.provider, of.backend, ...of.workers.map(({ source }) => source)] : []).map(
          (source) => source.ask(),
        ),
      ])
      taken += 1
      const seen = runtimeSource.read()
      if (seen.known && seen.value) await sourcesOf(seen.value.launch)
      return await assemble({ seen, host: hostSource.read(), of, changes, at: now() })
    },
    async past(snapshot) {
      if (!sources) return []
      const { ports } = sources.launch
      const port = (service: string) => ports.stats[service] ?? 0
      const remembered = async <Sample>(answer: Promise<Reading<Sample[]>>) => {
        const reading = await answer.catch(() => unknown<Sample[]>('failed'))
        return reading.known ? reading.value : []
      }
      const provider = await remembered(world.stats.providerHistory(port('provider')))
      const backend = await remembered(world.stats.backendHistory(port('backend')))
      const workers: { service: string; samples: WorkerSample[] }[] = []
      // One after the other: each is megabytes for a moment.
      for (const { service } of sources.workers)
        workers.push({ service, samples: await remembered(world.stats.workerHistory(port(service))) })
      return pastSnapshots({ provider, backend, workers }, snapshot)
    },
    targets: () => (sources ? targetsOf(sources.launch.spec) : DEFAULT_TARGETS),
    async close() {
      if ('close' in watch) watch.close()
      await sources?.broker.close()
    },
  }
}

/** Puts together what the sources have said. */
async function assemble({
  seen,
  host,
  of,
  changes,
  at,
}: {
  seen: Reading<StackState | null>
  host: Reading<HostLoad>
  of: StackSources | undefined
  changes: ReturnType<typeof createLaunchReader>
  at: number
}): Promise<Snapshot> {
  const stack: Reading<StackState> =
    seen.known && seen.value === null ? unknown(NOTHING_RUNS) : (seen as Reading<StackState>)
  const gone = seen.known && seen.value === null
  const said = <Value>(source: AskedSource<Value> | undefined): Reading<Value> =>
    source && !gone ? source.read() : unknown(gone || seen.known ? NOTHING_RUNS : seen.why)
  const kafka = said(of?.kafka)
  const workers = (of?.workers ?? []).map(({ service, source }) => ({ service, sample: said(source) }))
  const provider = said(of?.provider)
  const backend = said(of?.backend)
  const reports = [...workers.map(({ sample }) => sample), provider, backend].flatMap((sample) =>
    sample.known && sample.value.settings ? [sample.value.settings] : [],
  )
  const revision = Math.max(-1, ...reports.map((report) => report.revision ?? -1))
  const launch = stack.known ? await changes(stack.value, { revision, at }) : undefined
  return {
    schema: 'radtune.snapshot/1',
    at,
    stack: mapReading(stack, stackFacts),
    host,
    services: mapReading(stack, serviceSnapshots),
    kafka: kafka.known ? kafka.value : { topics: kafka, commits: kafka, group: kafka, sizes: kafka },
    workers: workers.map(({ service, sample }) => ({ service, sample: mapReading(sample, withoutSettings) })),
    provider: mapReading(provider, withoutSettings),
    backend: mapReading(backend, withoutSettings),
    settings: launch
      ? known(settingsInForce(launch, reports), at)
      : unknown(stack.known ? 'no plan is known' : stack.why),
    events: [],
  }
}

/** Reads what was changed live since the start, when a service tells of a new revision, and now and then. */
function createLaunchReader(world: StackWorld) {
  let read: { launch: Launch; revision: number; at: number } | undefined
  return async (stack: StackState, { revision, at }: { revision: number; at: number }): Promise<Launch> => {
    if (read && read.revision === revision && at - read.at < LAUNCH_MAX_AGE_MS) return read.launch
    const launch = await runningLaunch(world, stack).catch(() => stack.launch)
    read = { launch, revision, at }
    return launch
  }
}

function withoutSettings<Sample extends { settings?: unknown }>(sample: Sample): Omit<Sample, 'settings'> {
  const { settings: _, ...rest } = sample
  return rest
}

function samePorts(a: Launch, b: Launch): boolean {
  return (
    JSON.stringify([a.ports, a.spec.services.map(({ name }) => name)]) ===
    JSON.stringify([b.ports, b.spec.services.map(({ name }) => name)])
  )
}
