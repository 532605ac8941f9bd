import type { WarmUp } from '@radtune/core/contract'
import { localProcesses, type WantedProcess } from '@radtune/core/drift'
import { RadtuneError } from '@radtune/core/errors'
import { known, unknown } from '@radtune/core/metrics'
import { isLiveSetting, type SettingKey, settings } from '@radtune/core/settings'
import type { ServiceSpec } from '@radtune/core/stack'
import type { Clock } from '../../ports/clock.ts'
import type {
  Launch,
  LogLine,
  RunningProcess,
  Runtime,
  RuntimeEvent,
  ServiceCondition,
  ServiceState,
  StackState,
} from '../../ports/runtime.ts'

/** What goes wrong in a memory runtime, and what it holds; tests change it as they go. */
export interface MemoryRuntimeScript {
  /** Services that never come up, with the reason that the launch fails with. */
  failing: Map<string, string>
  /** Services that start for ever. */
  hanging: Set<string>
  /** Milliseconds that something is fetched for before the first service starts. */
  fetchMs: number
  data: { profile: string; bytes: number } | undefined
  /** Whether the limits of the plan are enforced, and how that is said. */
  limits: { enforced: boolean; how: string }
  logs: Map<string, string[]>
  /** What somebody has changed behind radtune's back, or started beside it, by name. */
  altered: Map<string, Partial<RunningProcess>>
  /** It never says what runs. */
  mute: boolean
  /** Programs that were to run again, though nothing of them differs. */
  again: string[]
  /** How often services were started, in order: what a reconcile restarted is visible here. */
  started: string[]
  stopped: string[]
}

export function createMemoryRuntimeScript(): MemoryRuntimeScript {
  return {
    failing: new Map(),
    hanging: new Set(),
    fetchMs: 0,
    data: undefined,
    limits: { enforced: false, how: 'advisory: heap flags and niceness' },
    logs: new Map(),
    altered: new Map(),
    mute: false,
    again: [],
    started: [],
    stopped: [],
  }
}

export interface MemoryRuntime extends Runtime {
  /** Changes one running service, as a crash would. */
  change(name: string, change: Partial<ServiceState>): void
}

const START_MS = 100
const WARM_UP: WarmUp = { firstP50Ms: 212, lastP50Ms: 4, roundTrips: 300, elapsedMs: 50 }

/** A runtime whose services are entries of a map. `onRunning` hears since when the provider runs after each launch, and when all has stopped. */
export function createMemoryRuntime(
  clock: Clock,
  script: MemoryRuntimeScript,
  onRunning: (startedAt: number | undefined) => void = () => undefined,
): MemoryRuntime {
  /** Nothing ever fails by itself here. */
  const availableSince = (launchedAt: number) => ({ share: 1, overMs: clock.now() - launchedAt })
  let running: { launch: Launch; launchedAt: number; services: Map<string, ServiceState> } | undefined
  /** Since when the provider runs. */
  let publishing: number | undefined
  let nextPid = 1000

  async function startService(name: string, launch: Launch, signal: AbortSignal): Promise<ServiceState> {
    await clock.sleep(START_MS, signal)
    if (script.hanging.has(name)) await clock.sleep(Number.MAX_SAFE_INTEGER, signal)
    const reason = script.failing.get(name)
    script.started.push(name)
    const state = serviceState(launch, name, { pid: ++nextPid, since: clock.now(), limits: script.limits })
    if (reason === undefined) return state
    return { ...state, condition: 'failed', pid: undefined, reason, exit: exitOf(reason) }
  }

  async function bring(
    name: string,
    {
      launch,
      services,
      signal,
      onEvent,
    }: {
      launch: Launch
      services: Map<string, ServiceState>
      signal: AbortSignal
      onEvent: (event: RuntimeEvent) => void
    },
  ): Promise<void> {
    const startedAt = clock.now()
    onEvent(serviceEvent(name, 'starting', 0))
    const state = await startService(name, launch, signal)
    services.set(name, state)
    onEvent(serviceEvent(name, state.condition, clock.now() - startedAt, state.reason))
    if (state.condition !== 'failed') return
    throw new RadtuneError('RT-UP-004', {
      what: `${name} did not come up`,
      ...(state.reason === undefined ? {} : { why: state.reason }),
    })
  }

  return {
    name: 'local',
    async inspect(): Promise<StackState | undefined> {
      if (!running) return undefined
      const { launch, launchedAt, services } = running
      return {
        runtime: 'local',
        launch,
        launchedAt,
        availability: availableSince(launchedAt),
        services: [...services.values()],
      }
    },
    async describe() {
      if (script.mute) await new Promise(() => undefined)
      if (!running) return undefined
      const { launch, services } = running
      const own = localProcesses(launch).flatMap((process) => {
        const state = services.get(process.name)
        return state ? [runningProcess(process, state, clock.now())] : []
      })
      const beside = [...script.altered.keys()].filter((name) => !own.some((one) => one.name === name))
      const gone = unknown('it is not of the plan')
      const foreign = {
        ended: undefined,
        image: undefined,
        command: gone,
        environment: gone,
        told: gone,
        kernel: gone,
      }
      return {
        launch,
        processes: [...own, ...beside.map((name) => ({ name, ...foreign }))].map((one) => ({
          ...one,
          ...script.altered.get(one.name),
        })),
      }
    },
    async launch(launch, { signal, onEvent, again = [] }) {
      script.again.push(...again)
      if (script.fetchMs > 0) {
        onEvent({ kind: 'fetching', what: 'Kafka 4.3.1', detail: '46 files' })
        await clock.sleep(script.fetchMs, signal)
      }
      const before = running
      const services = new Map<string, ServiceState>()
      running = { launch, launchedAt: before?.launchedAt ?? clock.now(), services }
      script.data ??= { profile: launch.spec.profile, bytes: 4096 }
      try {
        for (const { name } of launch.spec.services) {
          const kept = before?.services.get(name)
          if (before && kept?.condition === 'healthy' && sameService(before.launch, launch, name))
            services.set(name, kept)
          else await bring(name, { launch, services, signal, onEvent })
          if (name === 'kafka' && kept !== services.get(name)) onEvent({ kind: 'warm-up', warmUp: WARM_UP })
        }
        onEvent({ kind: 'limits', ...script.limits })
      } catch (error) {
        if (signal.aborted) running = before
        throw error
      }
      const provider = services.get('provider')
      if (provider !== before?.services.get('provider')) publishing = clock.now()
      onRunning(publishing)
      return {
        runtime: 'local',
        launch,
        launchedAt: running.launchedAt,
        availability: availableSince(running.launchedAt),
        services: [...services.values()],
      }
    },
    async stop({ onEvent }) {
      if (!running) return false
      for (const name of [...running.services.keys()].reverse()) {
        script.stopped.push(name)
        onEvent(serviceEvent(name, 'stopped', 10))
      }
      running = undefined
      onRunning(undefined)
      return true
    },
    async data() {
      return script.data
    },
    async dropData() {
      if (running) throw new Error('data are dropped only while nothing runs')
      script.data = undefined
    },
    async *logs({ services, lines }): AsyncIterable<LogLine> {
      for (const service of services)
        for (const text of (script.logs.get(service) ?? []).slice(-lines))
          yield { service, at: clock.now(), text }
    },
    change(name, change) {
      const state = running?.services.get(name)
      if (state) running?.services.set(name, { ...state, ...change })
    },
  }
}

function serviceState(
  launch: Launch,
  name: string,
  { pid, since, limits }: { pid: number; since: number; limits: MemoryRuntimeScript['limits'] },
): ServiceState {
  const spec = launch.spec.services.find((service) => service.name === name)
  return {
    name,
    condition: 'healthy',
    pid,
    restarts: 0,
    since,
    exit: undefined,
    reason: undefined,
    memoryBytes: name === 'frontend' ? unknown('not measured yet') : known(200 * 1024 * 1024, since),
    cpus: name === 'frontend' ? unknown('not measured yet') : known(0.25, since),
    throttling: limits.enforced
      ? known({ periods: 400, throttledPeriods: 100, throttledMs: 5000, recentShare: 0.25 }, since)
      : unknown('no CPU limit is enforced'),
    limits: { memoryBytes: spec?.memoryBytes ?? 0, cpus: spec?.cpus ?? 0, ...limits },
  }
}

function runningProcess(
  { name, command, environment }: WantedProcess,
  { pid, condition, limits }: ServiceState,
  now: number,
): RunningProcess {
  const { memoryBytes, cpus, enforced, how } = limits
  return {
    name,
    ended: pid === undefined ? condition : undefined,
    image: undefined,
    command: known(command, now),
    environment: known({ PATH: '/usr/bin', ...environment }, now),
    told: unknown('nobody is told'),
    kernel: enforced ? known({ memoryBytes, cpus }, now) : unknown(how),
  }
}

/** The provider reads the data, everybody uses the ports and its limits: live settings restart nothing. */
function sameService(before: Launch, after: Launch, name: string): boolean {
  const partOf = ({ spec, data, ports }: Launch) => {
    const service = spec.services.find((candidate) => candidate.name === name)
    const { slots: _slots, reasons: _reasons, ...numbers } = service ?? ({} as Partial<ServiceSpec>)
    const read = (Object.keys(spec.settings) as SettingKey[]).filter(
      (key) =>
        !isLiveSetting(key) && (settings[key].readers as readonly string[]).includes(numbers.role ?? ''),
    )
    const values = read.map((key) => [key, spec.settings[key].value])
    return [numbers, ports, name === 'provider' ? data : undefined, values]
  }
  return JSON.stringify(partOf(before)) === JSON.stringify(partOf(after))
}

function serviceEvent(
  name: string,
  condition: ServiceCondition,
  elapsedMs: number,
  reason?: string,
): RuntimeEvent {
  return { kind: 'service', name, condition, reason, elapsedMs }
}

function exitOf(reason: string): ServiceState['exit'] {
  const outOfMemory = reason.includes('memory')
  return outOfMemory ? { code: null, signal: 'SIGKILL', outOfMemory } : { code: 1, signal: null, outOfMemory }
}
