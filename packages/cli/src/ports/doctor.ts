/** A container engine that answers. */
export interface EngineFacts {
  version: string
  /** Where it was found. */
  address: string
  cgroup: string | undefined
}

/** What became of a busy process that was put into a control group of its own for a moment. */
export interface LimitTrial {
  /** `cgroup v1`, `cgroup v2`, or why no group can be made. */
  how: string
  /** Undefined where no group can be made. */
  trial: { limitCpus: number; usedCpus: number } | undefined
}

/** How the clocks of this machine go. */
export interface ClockFacts {
  /** By how much the wall clock moved against the monotonic one while it was watched. */
  jumpMs: number
  watchedMs: number
  /** Whether something keeps it in step with the world; undefined where nothing tells. */
  synchronised: boolean | undefined
}

/** What `radtune doctor` asks of the machine. Each question may fail alone; a RadtuneError says what is wrong and how to fix it. */
export interface Doctor {
  /** Undefined when no engine answers; `tried` is where it was looked for. */
  engine(signal: AbortSignal): Promise<EngineFacts | { tried: string; why: string }>
  /** Version of the compose plugin; undefined when there is none. */
  compose(signal: AbortSignal): Promise<string | undefined>
  /** Takes about a second of one CPU. */
  limits(signal: AbortSignal): Promise<LimitTrial>
  /** On the disk of the project. */
  freeDiskBytes(): Promise<number>
  /** Those of the ports that something listens on, with its name where the system tells. */
  portsInUse(ports: readonly number[]): Promise<{ port: number; owner: string | undefined }[]>
  java(): Promise<{ version: number; path: string }>
  /** Whether Kafka is in the cache of this user, and the Maven that would fetch it. */
  kafka(): Promise<{ version: string; cached: boolean; maven: string | undefined }>
  /** Throws when the services are not built. */
  pipeline(): Promise<string>
  /** The most files that a process of this user may have open; undefined where the system does not tell. */
  openFiles(): Promise<number | undefined>
  clock(signal: AbortSignal): Promise<ClockFacts>
}
