import { accessSync, constants, existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RadtuneError } from '@radtune/core/errors'
import { type LocalProcess, renderLocal } from '@radtune/core/render'
import type { Launch, LaunchOptions, Runtime, RuntimeEvent, StackState } from '../../ports/runtime.ts'
import { describeProcesses } from './describe-processes.ts'
import { findJava } from './java.ts'
import { cacheRoot, classArchivePath, provideKafka } from './kafka-artefacts.ts'
import { newClusterId } from './kafka-broker.ts'
import { readLogs } from './log-reader.ts'
import { endOrphans } from './orphans.ts'
import { checkPorts } from './ports-in-use.ts'
import { isSameProcess } from './process-table.ts'
import { askSupervisor, findSupervisor, startSupervisor } from './supervisor-client.ts'
import type { SupervisorView } from './supervisor-protocol.ts'
import type { SupervisorState } from './supervisor-state.ts'

export interface LocalRuntimeOptions {
  /** Folder that holds `.radtune/`. */
  projectDir: string
  environment?: NodeJS.ProcessEnv
  /** Folder of the pipeline's entry points; that of @radtune/pipeline when absent. */
  pipelineBin?: string
}

/** Unit of a file's `blocks`, whatever the file system. */
const BLOCK_BYTES = 512
/** A supervisor that does not answer for this long is taken for dead. */
const SILENCE_MS = 5000

/** The runtime without a container engine: Kafka from the user's cache and the pipeline as processes of this machine. */
export function createLocalRuntime({
  projectDir,
  environment = process.env,
  pipelineBin,
}: LocalRuntimeOptions): Runtime {
  const projectFolder = resolve(projectDir)
  const localFolder = join(projectFolder, '.radtune', 'local')
  const dataFolder = join(localFolder, 'data')
  const place: Place = { projectFolder, localFolder, dataFolder, environment, pipelineBin }
  return {
    name: 'local',
    inspect: (options) => inspect(localFolder, options?.onEvent),
    describe: () => describeProcesses(localFolder, SILENCE_MS),
    launch: (launch, options) => launchStack(place, launch, options),
    stop: ({ onEvent }) => stopStack(localFolder, onEvent),
    async data() {
      const profile = await readProfile(dataFolder)
      return profile === undefined ? undefined : { profile, bytes: await folderBytes(dataFolder) }
    },
    async dropData() {
      if (await findSupervisor(localFolder))
        throw new RadtuneError('RT-LOCAL-012', { what: 'the stack runs, so its data cannot be dropped' })
      await endOrphans(localFolder)
      await rm(dataFolder, { recursive: true, force: true })
    },
    logs: (query, signal) => readLogs(join(localFolder, 'logs'), query, signal),
  }
}

interface Place {
  projectFolder: string
  localFolder: string
  dataFolder: string
  environment: NodeJS.ProcessEnv
  pipelineBin: string | undefined
}

async function inspect(
  localFolder: string,
  onEvent: (event: RuntimeEvent) => void = () => undefined,
): Promise<StackState | undefined> {
  const supervisor = await findSupervisor(localFolder)
  if (!supervisor) {
    await endLeftBehind(localFolder, onEvent).catch(() => undefined)
    return undefined
  }
  try {
    return stackState(await askSupervisor(supervisor, { kind: 'inspect' }, { silenceMs: SILENCE_MS }))
  } catch (error) {
    // It may have ended in this very moment, as after a down.
    if (await isSameProcess(supervisor.supervisor)) throw error
    return undefined
  }
}

async function launchStack(
  place: Place,
  launch: Launch,
  { signal, onEvent, again = [] }: LaunchOptions,
): Promise<StackState> {
  const { localFolder } = place
  signal.throwIfAborted()
  if (process.platform === 'win32')
    throw new RadtuneError('RT-LOCAL-011', { what: 'the local runtime does not run on Windows' })
  await prepareFolders(place)
  const processes = await renderProcesses(place, launch, { signal, onEvent })
  await endLeftBehind(localFolder, onEvent)
  const running = await inspect(localFolder)
  await checkPorts(processes, portsOf(running))
  signal.throwIfAborted()
  await writeFile(join(place.dataFolder, 'profile.json'), JSON.stringify({ profile: launch.spec.profile }))
  const supervisor = await provideSupervisor(place)
  try {
    const state = stackState(
      await askSupervisor(supervisor, { kind: 'launch', launch, processes, again }, { onEvent, signal }),
    )
    if (!state) throw new RadtuneError('RT-LOCAL-009', { what: 'the supervisor has started nothing' })
    return state
  } catch (error) {
    if (signal.aborted) await untilSettled(localFolder)
    throw error
  }
}

/** Two launches at once end up with one supervisor. */
async function provideSupervisor({ localFolder, environment }: Place): Promise<SupervisorState> {
  const { lock } = await import('proper-lockfile')
  const retries = { retries: 200, factor: 1, minTimeout: 100, maxTimeout: 100 }
  const release = await lock(join(localFolder, 'supervisor'), {
    realpath: false,
    stale: 20_000,
    retries,
    onCompromised: () => undefined,
  })
  try {
    return (
      (await findSupervisor(localFolder)) ??
      (await startSupervisor({ localFolder, workingFolder: localFolder, environment }))
    )
  } finally {
    await release().catch(() => undefined)
  }
}

/** After an aborted launch: waits until the supervisor has stopped what the launch had started. */
async function untilSettled(localFolder: string): Promise<void> {
  for (const end = performance.now() + 60_000; performance.now() < end; await delay(50)) {
    const state = await inspect(localFolder).catch(() => undefined)
    if (!state?.services.some(({ condition }) => ['waiting', 'starting', 'stopping'].includes(condition)))
      return
  }
}

async function stopStack(localFolder: string, onEvent: (event: RuntimeEvent) => void): Promise<boolean> {
  const supervisor = await findSupervisor(localFolder)
  if (supervisor) {
    try {
      await askSupervisor(supervisor, { kind: 'inspect' }, { silenceMs: SILENCE_MS })
      await askSupervisor(supervisor, { kind: 'stop' }, { onEvent })
    } catch (error) {
      if (await isSameProcess(supervisor.supervisor)) await killSupervisor(supervisor, error, onEvent)
    }
    for (
      const end = performance.now() + 5000;
      performance.now() < end && (await isSameProcess(supervisor.supervisor));
    )
      await delay(20)
  }
  const ended = await endLeftBehind(localFolder, onEvent)
  return supervisor !== undefined || ended > 0
}

/** Ends what a dead supervisor left behind, says so, and answers how many that were. */
async function endLeftBehind(localFolder: string, onEvent: (event: RuntimeEvent) => void): Promise<number> {
  const orphans = await endOrphans(localFolder)
  for (const name of orphans)
    onEvent({ kind: 'note', text: `${name} was left behind by a supervisor that died; it is ended now` })
  return orphans.length
}

/** `down` must work also when the supervisor hangs; its services are ended as orphans then. */
async function killSupervisor(
  { supervisor }: SupervisorState,
  cause: unknown,
  onEvent: (event: RuntimeEvent) => void,
): Promise<void> {
  const why = cause instanceof RadtuneError ? (cause.why ?? cause.message) : String(cause)
  onEvent({ kind: 'note', text: `the supervisor (pid ${supervisor.pid}) is killed: ${why}` })
  process.kill(supervisor.pid, 'SIGKILL')
  while (await isSameProcess(supervisor)) await delay(20)
}

async function prepareFolders({ projectFolder, localFolder, dataFolder }: Place): Promise<void> {
  const refuse = (error: unknown): never => {
    const { code, message } = error as NodeJS.ErrnoException
    const full = code === 'ENOSPC' || code === 'EDQUOT'
    throw new RadtuneError('RT-LOCAL-008', {
      what: full
        ? `the disk of ${projectFolder} is full`
        : `the project folder ${projectFolder} cannot be written`,
      why: message,
      cause: error,
    })
  }
  try {
    for (const folder of [join(localFolder, 'logs'), join(dataFolder, 'kafka')])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const folder of [localFolder, join(localFolder, 'logs'), dataFolder, join(dataFolder, 'kafka')])
      accessSync(folder, constants.W_OK)
    const trial = join(localFolder, `.trial-${process.pid}`)
    await writeFile(trial, '')
    await rm(trial)
  } catch (error) {
    refuse(error)
  }
}

async function renderProcesses(
  place: Place,
  launch: Launch,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: RuntimeEvent) => void },
): Promise<LocalProcess[]> {
  const { localFolder, dataFolder, environment } = place
  const pipelineBin = place.pipelineBin ?? findPipeline()
  const java = await findJava(environment)
  const kafka = await provideKafka({
    environment,
    signal,
    onProgress: (progress) => onEvent({ kind: 'fetching', ...progress }),
  })
  return renderLocal({
    ...launch,
    paths: {
      java: java.path,
      kafkaClassPath: kafka.classPath,
      kafkaClassArchive: classArchivePath(kafka, java),
      node: process.execPath,
      nodeCompileCache: join(cacheRoot(environment), 'node-compile-cache'),
      pipelineBin,
      kafkaDataDir: join(dataFolder, 'kafka'),
      kafkaConfigFile: join(localFolder, 'kafka.properties'),
      clusterId: await provideClusterId(dataFolder),
    },
  })
}

/** Folder of the built services. Found as a package, never imported: the pipeline meets this program over the network only. */
export function findPipeline(): string {
  const folder = join(
    dirname(fileURLToPath(import.meta.resolve('@radtune/pipeline/package.json'))),
    'dist',
    'bin',
  )
  if (!existsSync(join(folder, 'topics.js')))
    throw new RadtuneError('RT-LOCAL-013', {
      what: 'the pipeline is not built',
      why: `${folder} has no entry points`,
    })
  return folder
}

/** Of the data that are there, else a new one; it dies with the data. */
async function provideClusterId(dataFolder: string): Promise<string> {
  const path = join(dataFolder, 'cluster-id')
  const known = (await readFile(path, 'utf8').catch(() => '')).trim()
  if (known !== '') return known
  const properties = await readFile(join(dataFolder, 'kafka', 'meta.properties'), 'utf8').catch(() => '')
  const id = /^cluster\.id=(.+)$/m.exec(properties)?.[1]?.trim() ?? newClusterId()
  await writeFile(path, `${id}\n`)
  return id
}

async function readProfile(dataFolder: string): Promise<string | undefined> {
  // Without a formatted storage there are no data, whatever else a broken start may have left.
  if (!existsSync(join(dataFolder, 'kafka', 'meta.properties'))) return undefined
  try {
    const { profile } = JSON.parse(await readFile(join(dataFolder, 'profile.json'), 'utf8'))
    return String(profile)
  } catch {
    return 'unknown'
  }
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await folderBytes(path)
    // Blocks, not lengths: index files are mostly holes.
    else bytes += ((await stat(path).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES
  }
  return bytes
}

/** Ports that services of ours listen on now. */
function portsOf(running: StackState | undefined): Set<number> {
  if (!running) return new Set()
  const { spec, ports } = running.launch
  const alive = new Set(running.services.filter(({ pid }) => pid !== undefined).map(({ name }) => name))
  const own = new Set<number>()
  for (const { name, role } of spec.services) {
    if (!alive.has(name)) continue
    const stats = ports.stats[name]
    if (stats !== undefined) own.add(stats)
    if (role === 'kafka') own.add(ports.kafka).add(ports.controller)
    if (role === 'backend') own.add(ports.backend)
    if (role === 'frontend') own.add(ports.frontend)
  }
  return own
}

function stackState(view: SupervisorView | undefined): StackState | undefined {
  if (!view) return undefined
  return {
    runtime: 'local',
    launch: view.launch as Launch,
    launchedAt: view.launchedAt,
    availability: view.availability,
    services: view.services,
  }
}
