import type { Place } from '../compose-file/index.ts'

/** What kind of thing a field is; a rule of SARIF and a suite of JUnit each. Permanent. */
export const driftClasses = {
  service: 'a service is there, and only those of the plan are',
  limit: 'memory and CPU limits, as written, as told to the engine and as the kernel holds to them',
  reservation: 'what is reserved, and the weight that stands for it',
  heap: 'heaps of Java and Node',
  environment: 'variables of a service that are no setting of their own',
  command: 'command lines',
  image: 'images and what they are built from',
  'health-check': 'health checks',
  container: 'what else holds for a container: users, restarts, ports, volumes, networks, order of start',
  topic: 'topics and their configs',
  broker: 'properties of the broker',
  setting: 'settings of the table',
  rule: 'ignore rules of radtune.yaml',
} as const

export type DriftClass = keyof typeof driftClasses

/** In the order in which they are told: what fails, what is told as well, and what is only counted. */
export const driftStates = [
  'changed',
  'missing',
  'unexpected',
  /** Set, and nothing acts on it. */
  'no effect',
  'unchecked',
  'ignored',
  'not applicable',
  'in sync',
] as const

export type DriftState = (typeof driftStates)[number]

export const driftSourceKinds = ['files', 'services', 'kafka', 'settings', 'flink', 'rules'] as const

export type DriftSourceKind = (typeof driftSourceKinds)[number]

/** Where fields are found. `kind` is what `--only` knows them by. */
export interface DriftSource {
  kind: DriftSourceKind
  /** `compose/4c8g/compose.yaml`, `worker-1 as it runs`, `Kafka`. */
  name: string
}

/** What an explicit setting would say so that the found value is the desired one. */
export interface AcceptableValue {
  /** As radtune.yaml writes it: `kafka.heap`, `worker-2.memory`. */
  name: string
  value: string | number
}

/** One field, compared. */
export interface DriftItem {
  path: string
  class: DriftClass
  source: DriftSource
  state: DriftState
  /** As people read them; undefined where there is none. */
  wanted: string | undefined
  found: string | undefined
  /** Where the found value was written, or where a missing one belongs. */
  at: Place | undefined
  /** Of unchecked, no effect, ignored, not applicable, and wherever there is more to say. */
  why: string | undefined
  /** Other fields that the same text sets, as by an anchor. */
  also: readonly string[]
  accept: AcceptableValue | undefined
}

/** A rule of radtune.yaml by which a difference is accepted for a while. */
export interface IgnoreRule {
  /** Path of fields, `*` for any part of it. */
  path: string
  reason: string
  owner: string
  /** Last day on which it holds, `2026-12-31`. */
  until: string
  at: Place
}

export interface DriftVerdict {
  verdict: 'in sync' | 'drift' | 'not checked'
  /** 0 in sync, 3 drift, 4 could not check. */
  exitCode: 0 | 3 | 4
  counts: Readonly<Record<DriftState, number>>
  /** Items that decide it, in the order in which they are shown. */
  failing: readonly DriftItem[]
}

/** What was compared, field by field, and what comes of it. */
export interface Drift extends DriftVerdict {
  profile: string
  /** Files that radtune never wrote are compared, and they alone. */
  foreign: boolean
  sources: readonly (DriftSource & {
    state: 'read' | 'unchecked' | 'not applicable'
    why: string | undefined
  })[]
  items: readonly DriftItem[]
  /** What does not decide anything: useless rules, what was not understood. */
  notes: readonly { at: Place | undefined; text: string }[]
}
