import type { ComposeNode, ComposeProblem, Place } from './compose-node.ts'

export type { ComposeProblem, Place } from './compose-node.ts'

/** A value and where it was written. */
export interface Located<Value> {
  value: Value
  at: Place
}

export interface ComposePort {
  /** In the container; may be a range. */
  target: string
  published: string | undefined
  hostIp: string | undefined
  protocol: string
}

export interface ComposeVolume {
  type: string
  source: string | undefined
  target: string
  readOnly: boolean
}

export interface ComposeDependency {
  condition: string
}

export interface HealthCheck {
  /** Words: `['CMD-SHELL', 'curl …']`; empty when it is disabled or has no test. */
  test: readonly string[]
  disabled: boolean
}

/** Limits and reservations in bytes and CPUs; absent where none is written. */
export interface ComposeResources {
  memoryBytes?: Located<number>
  cpus?: Located<number>
}

/** One service as compose would start it, each value with its place. */
export interface ComposeService {
  name: string
  at: Place
  image?: Located<string>
  /** Whether it is built here. */
  build: boolean
  command?: Located<readonly string[]>
  entrypoint?: Located<readonly string[]>
  /** env_file below environment; null is a variable that is passed on from the shell. */
  environment: ReadonlyMap<string, Located<string | null>>
  /** Variables of environment files that `environment` gives another value. */
  overridden: ReadonlyMap<string, Located<string>>
  ports: readonly Located<ComposePort>[]
  volumes: readonly Located<ComposeVolume>[]
  dependsOn: ReadonlyMap<string, Located<ComposeDependency>>
  limits: ComposeResources
  reservations: ComposeResources
  /** Memory and swap; -1 is without limit. */
  memorySwapBytes?: Located<number>
  replicas: number
  healthCheck?: Located<HealthCheck>
  restart?: Located<string>
  profiles: readonly string[]
  /** All of it, merged, for whoever looks for a field of its own. */
  node: ComposeNode
}

/** What one or several compose files say together. */
export interface ComposeProject {
  name: string | undefined
  /** All of it, merged, with variables filled in. */
  node: ComposeNode
  /** All files that were read, in the order of reading, environment files included. */
  files: readonly string[]
  services: readonly ComposeService[]
  /** Variables of `.env` that no file asks for. */
  unusedVariables: readonly Located<string>[]
  /** What is there and is not understood, or is odd; the rest holds. */
  notes: readonly ComposeProblem[]
}
