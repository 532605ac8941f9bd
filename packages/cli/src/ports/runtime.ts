import type { WarmUp } from '@radtune/core/contract'
import type { Reading } from '@radtune/core/metrics'
import type { StackSpec } from '@radtune/core/stack'

/** Where the readings come from: files (or folders) read once or for ever, or the seeded generator. */
export type DataSource =
  | { kind: 'files'; paths: readonly string[]; loop: boolean }
  | { kind: 'generator'; seed: number }

/** TCP ports of a running stack, all on loopback. `stats` is by service name. */
export interface StackPorts {
  kafka: number
  controller: number
  backend: number
  frontend: number
  stats: Readonly<Record<string, number>>
}

/** Everything that decides what runs. Two equal launches are the same stack. */
export interface Launch {
  spec: StackSpec
  data: DataSource
  /** Local only, of demos: what is planted in the slots of all workers, as `parseSlotFault` reads it. */
  slotFault?: string
  ports: StackPorts
  /** Docker only: with the sources mounted and debug ports open, or without. */
  environment?: 'dev' | 'prod'
}

export type ServiceCondition =
  | 'waiting' // for a service it depends on
  | 'starting'
  | 'healthy'
  | 'unhealthy' // runs, but its readiness check fails
  | 'restarting' // exited, waits for its back-off
  | 'failed' // given up
  | 'stopping'
  | 'stopped'

/** One service as it runs. */
export interface ServiceState {
  name: string
  condition: ServiceCondition
  pid: number | undefined
  restarts: number
  /** Wall-clock milliseconds of the last change of condition. */
  since: number
  /** Of the last exit, when there was one; `outOfMemory` when the kernel or the heap limit killed it. */
  exit: { code: number | null; signal: string | null; outOfMemory: boolean } | undefined
  /** Why it is unhealthy, restarting or failed. */
  reason: string | undefined
  /** Working set of all its processes: without the page cache that can be taken back, where the kernel tells it apart. */
  memoryBytes: Reading<number>
  /** CPUs in use over the last second or so (1 = one core). */
  cpus: Reading<number>
  /** How often its CPU limit held it back; unknown where none is in force. */
  throttling: Reading<Throttling>
  limits: LimitsInForce
}

/** The limits of a service as they hold: read back from the kernel where it enforces them, else those of the plan. */
export interface LimitsInForce {
  memoryBytes: number
  cpus: number
  /** Whether the kernel holds the service to both. */
  enforced: boolean
  /** By what they are enforced, or what takes the place of that and why. */
  how: string
}

/** What a CPU limit did to a service since its start. Time is measured in periods of 100 ms in which it wanted to run. */
export interface Throttling {
  periods: number
  /** Those in which it had to wait because its limit was used up. */
  throttledPeriods: number
  throttledMs: number
  /** Throttled periods in all periods over the last 10 seconds, 0 to 1. */
  recentShare: number
}

/** A stack as a runtime finds it. */
export interface StackState {
  runtime: 'local' | 'docker'
  launch: Launch
  /** Wall-clock milliseconds at which this stack was launched. */
  launchedAt: number
  /** Share of the time since all were first ready in which every service was healthy; undefined before that. */
  availability: { share: number; overMs: number } | undefined
  services: readonly ServiceState[]
}

/** Progress of a launch or a stop, in the order of happening. */
export type RuntimeEvent =
  | { kind: 'fetching'; what: string; detail: string }
  | {
      kind: 'service'
      name: string
      condition: ServiceCondition
      reason: string | undefined
      elapsedMs: number
    }
  /** Kafka was warmed up before data flow. */
  | { kind: 'warm-up'; warmUp: WarmUp }
  /** After the start-up, in which CPUs were not limited: what holds from now on. */
  | { kind: 'limits'; enforced: boolean; how: string }
  | { kind: 'note'; text: string }

/** Limits as one source tells them; undefined is none. */
export interface ProcessLimits {
  memoryBytes: number | undefined
  cpus: number | undefined
}

/** A program of a stack as it was started, and what limits it, each as its own source tells. */
export interface RunningProcess {
  name: string
  /** Why it does not run; undefined while it does. */
  ended: string | undefined
  /** Of a container. */
  image: string | undefined
  /** Words of its command line. */
  command: Reading<readonly string[]>
  environment: Reading<Readonly<Record<string, string>>>
  /** As whoever started it was told, and as the kernel holds it to them. */
  told: Reading<ProcessLimits>
  kernel: Reading<ProcessLimits>
}

/** What runs of a project, also what its plan does not know. */
export interface RunningStack {
  launch: Launch
  processes: readonly RunningProcess[]
}

export interface LogLine {
  service: string
  /** Wall-clock milliseconds; undefined when the line carries no time. */
  at: number | undefined
  text: string
}

export interface LogQuery {
  services: readonly string[]
  /** Last lines per service. */
  lines: number
  follow: boolean
}

/** Looks at a stack again and again, for less than as many inspections take. */
export interface RuntimeWatch {
  /** As `inspect` of the runtime; each number has the time at which its source gave it. */
  inspect(): Promise<StackState | undefined>
  close(): void
}

export interface LaunchOptions {
  signal: AbortSignal
  onEvent: (event: RuntimeEvent) => void
  /** Programs that run once and are to run again, though nothing of them differs. */
  again?: readonly string[]
}

/** The runtime port: launch, find again, observe and stop one stack of a project. Local processes or Docker behind it. */
export interface Runtime {
  readonly name: 'local' | 'docker'
  /**
   * The stack of this project, or undefined when none runs. Never throws for "nothing there". What a dead supervisor left
   * behind is ended, with a note for each.
   */
  inspect(options?: { onEvent: (event: RuntimeEvent) => void }): Promise<StackState | undefined>
  /** What runs as it was started; undefined when nothing was launched. Changes nothing. Throws when the runtime does not answer. */
  describe(): Promise<RunningStack | undefined>
  /** Begins to watch at the first question. Where it is left out, `inspect` costs no more. */
  watch?(): RuntimeWatch
  /**
   * Brings the stack to `launch`: starts what is missing in order of dependence, restarts only what differs, puts limits back to
   * those of the plan, and resolves when every service is healthy. Throws a RadtuneError that names the service that did not come up.
   */
  launch(launch: Launch, options: LaunchOptions): Promise<StackState>
  /** Stops all services in reverse order with grace; resolves when nothing is left. False when nothing ran. */
  stop(options: { onEvent: (event: RuntimeEvent) => void }): Promise<boolean>
  /** Whether earlier data of this runtime exist, and of which profile. */
  data(): Promise<{ profile: string; bytes: number } | undefined>
  /** Drops earlier data. Only while nothing runs. */
  dropData(): Promise<void>
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>
}

/** Which runtime a command is for; `any`: whatever this machine has, for a stack that is to be launched. */
export type RuntimeWish = Runtime['name'] | 'any'
