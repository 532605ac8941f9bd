import { readCompose } from '@radtune/core/compose-file'
import { ENVIRONMENT } from '@radtune/core/contract'
import {
  type ComparedSource,
  composeProcesses,
  type FoundProcess,
  type FoundSettings,
  kafkaSource,
  localProcesses,
  processSource,
  serviceSettingsSource,
  slotsSource,
  topicSource,
  type WantedProcess,
} from '@radtune/core/drift'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import { inspectorPorts, PIPELINE_IMAGE, renderCompose } from '@radtune/core/render'
import { fitToMachine, type StackSpec } from '@radtune/core/stack'
import type { Launch, RunningStack } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { statsPort } from './await-records.ts'
import { planNow } from './plan-change.ts'
import type { PlanPlaces } from './plan-project.ts'
import { runningLaunch } from './running-launch.ts'

/** After so long without an answer a source is unchecked. */
const LIMIT_MS = 5000

/** What is known of a stack that may run. */
export interface LiveStack {
  /** What was launched; undefined when nothing was. */
  launch: Launch | undefined
  running: Reading<RunningStack>
}

/** Asks the runtime what it runs. A runtime that does not answer is a why; what was launched last is known without it. */
export async function findLive(world: StackWorld): Promise<LiveStack> {
  const running = await within(world, 'the runtime', async () => {
    const stack = await world.runtime.describe()
    return stack ? known(stack, world.clock.now()) : unknown<RunningStack>('no stack of this project runs')
  })
  if (running.known) {
    const { launch } = running.value
    return { launch: await runningLaunch(world, { launch }), running }
  }
  return { launch: await world.project.readLaunch(), running }
}

/**
 * What runs, what Kafka says and what services run by, each against the plan as it is now, overlay included. Sources are asked
 * at once; one that fails or is late is unchecked and holds up no other.
 */
export async function liveSources(
  world: StackWorld,
  places: PlanPlaces,
  {
    live: { launch, running },
    spec: fallback,
    version,
  }: { live: LiveStack; spec: StackSpec; version: string },
): Promise<ComparedSource[]> {
  const spec = await wantedSpec(world, places, { launch, fallback })
  if (launch === undefined || (!running.known && running.why === 'no stack of this project runs'))
    return [processesUnchecked(spec, running), ...unreadStack(spec), flinkSource()]
  const [kafka, settings, slots, processes] = await Promise.all([
    askKafka(world, launch),
    settingsSources(world, { spec, launch }),
    slotSources(world, { spec, launch, running }),
    running.known
      ? processesOf(spec, { running: running.value, launch, runtime: world.runtime.name, version })
      : processesUnchecked(spec, running),
  ])
  return [processes, ...slots, kafkaSource(spec, kafka), ...settings, flinkSource()]
}

/** The plan as it would run on this machine. */
async function wantedSpec(
  world: StackWorld,
  places: PlanPlaces,
  { launch, fallback }: { launch: Launch | undefined; fallback: StackSpec },
): Promise<StackSpec> {
  const planned = launch === undefined ? fallback : ((await planNow(places, launch)) ?? launch.spec)
  const facts = await within(world, 'this machine', async () =>
    known(await world.host.facts(), world.clock.now()),
  )
  return facts.known ? fitToMachine(planned, facts.value).spec : planned
}

/** Topics, configs and broker of a stack; a why when Kafka does not tell in time. */
export async function askKafka(world: StackWorld, launch: Launch) {
  return await within(world, 'Kafka', () => describeKafka(world, launch))
}

async function describeKafka(world: StackWorld, { ports }: Launch) {
  const broker = world.broker(ports.kafka)
  try {
    return known(await broker.describe(), world.clock.now())
  } finally {
    await broker.close()
  }
}

async function settingsSources(
  world: StackWorld,
  { spec, launch }: { spec: StackSpec; launch: Launch },
): Promise<ComparedSource[]> {
  const topic = within(world, 'Kafka', () => readTopic(world, launch))
  const services = spec.services.filter(({ role, name }) => role !== 'kafka' && name in launch.ports.stats)
  const sources = await Promise.all(
    services.map(async (service) => {
      const report = within(world, service.name, () => world.stats.settings(statsPort(launch, service.name)))
      return serviceSettingsSource(service, { spec, topic: await topic, report: await report })
    }),
  )
  return [topicSource(spec, await topic), ...sources.filter((source) => source !== undefined)]
}

async function slotSources(
  world: StackWorld,
  { spec, launch, running }: { spec: StackSpec; launch: Launch; running: Reading<RunningStack> },
): Promise<ComparedSource[]> {
  const workers = spec.services.filter(({ role, name }) => role === 'worker' && name in launch.ports.stats)
  return await Promise.all(
    workers.map(async (worker) => {
      const { name } = worker
      const sample = await within(world, name, () => world.stats.worker(statsPort(launch, name)))
      const process = running.known ? running.value.processes.find((one) => one.name === name) : undefined
      const started = process?.environment.known ? process.environment.value[ENVIRONMENT.slots] : undefined
      return slotsSource(worker, { sample, startSlots: started === undefined ? undefined : Number(started) })
    }),
  )
}

async function readTopic(world: StackWorld, { ports }: Launch): Promise<Reading<FoundSettings>> {
  const topic = world.settings(ports.kafka)
  try {
    return known(await topic.read(), world.clock.now())
  } finally {
    await topic.close()
  }
}

async function processesOf(
  spec: StackSpec,
  {
    running,
    launch,
    runtime,
    version,
  }: { running: RunningStack; launch: Launch; runtime: 'local' | 'docker'; version: string },
): Promise<ComparedSource> {
  const wanted =
    runtime === 'local'
      ? localProcesses({ ...launch, spec })
      : await containersOf({ ...launch, spec }, version)
  return processSource(spec, { wanted, found: running.processes, ownEnvironment: runtime === 'docker' })
}

/** The containers of a launch, as the compose file says that `up` would give to compose. */
async function containersOf(
  { spec, data, ports, environment }: Launch,
  version: string,
): Promise<WantedProcess[]> {
  const development = environment === 'dev'
  const [artifact] = renderCompose({
    spec,
    version,
    fileName: 'compose.yaml',
    title: '',
    project: 'radtune',
    image: `${PIPELINE_IMAGE}:${version}`,
    sources: development ? '.' : undefined,
    inspector: development ? inspectorPorts(spec) : undefined,
    data,
    ports,
    portsFromEnvironment: false,
  })
  const read = await readCompose({
    files: ['compose.yaml'],
    environment: {},
    load: async (path) => (path === 'compose.yaml' ? artifact?.text : undefined),
  })
  if (!read.ok) throw new Error(`what would be launched cannot be read: ${read.problems[0]?.message}`)
  return composeProcesses(read.project)
}

function processesUnchecked(spec: StackSpec, running: Reading<RunningStack>): ComparedSource {
  const source = processSource(spec, {
    wanted: spec.services.map(({ name }) => ({ name, command: [], environment: {} })),
    found: spec.services.map(({ name }): FoundProcess => notSeen(name)),
    ownEnvironment: false,
  })
  const why = running.known ? 'nothing was launched' : running.why
  return { ...source, found: { state: 'unchecked', why }, noEffect: [] }
}

function notSeen(name: string): FoundProcess {
  const why = unknown('it was not seen')
  return { name, ended: undefined, image: undefined, command: why, environment: why, told: why, kernel: why }
}

function unreadStack(spec: StackSpec): ComparedSource[] {
  const why = unknown('no stack of this project runs')
  return [kafkaSource(spec, why), topicSource(spec, why)]
}

function flinkSource(): ComparedSource {
  return {
    kind: 'flink',
    name: 'Flink',
    wanted: [{ path: 'flink', class: 'service', canonical: 'none', text: 'none' }],
    found: { state: 'not applicable', why: 'the plan has no Flink' },
    noEffect: [],
  }
}

/** An answer in time, or why there is none. */
async function within<Value>(
  { clock }: StackWorld,
  who: string,
  ask: () => Promise<Reading<Value>>,
): Promise<Reading<Value>> {
  const late = new AbortController()
  try {
    return await Promise.race([
      ask(),
      clock
        .sleep(LIMIT_MS, late.signal)
        .then(() => unknown<Value>(`${who} did not answer in ${LIMIT_MS / 1000} s`)),
    ])
  } catch (error) {
    return unknown(error instanceof Error ? whyOf(error) : String(error))
  } finally {
    late.abort()
  }
}

function whyOf(error: Error & { why?: string }): string {
  return error.why === undefined ? error.message : `${error.message}: ${error.why}`
}
