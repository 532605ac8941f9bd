import type { ComposeProject } from '../compose-file/index.ts'
import { usualWorkload, type WrittenPin } from '../profile/index.ts'
import {
  isSettingKey,
  parseSetting,
  printSettingValue,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import { type Machine, maxCpuOvercommit, type Pin, planStack, type StackSpec } from '../stack/index.ts'
import { GIB } from '../units/index.ts'
import { type ForeignLedger, type ForeignRow, startedServices } from './foreign-ledger.ts'
import { recogniseRole } from './recognise-role.ts'

/** A profile made of a compose file. */
export interface ForeignProfile {
  machine: Machine
  /** Whether the machine was guessed from the sums of the limits. */
  guessed: boolean
  workload: ReturnType<typeof usualWorkload>
  pins: readonly WrittenPin[]
  /** What the file says and the plan has anyway. */
  asDerived: readonly string[]
  /** What the file says and no plan can hold with, and why. */
  leftOut: readonly { pin: string; why: string }[]
  /** Why not even the machine alone can be planned; null where it can. */
  problem: string | null
}

/** The machine that limits were made for: the fewest whole GB and CPUs that hold them, CPUs overcommitted as a plan may; at least 2c4g. */
export function guessMachine({ totals, rows }: ForeignLedger): Machine {
  const largest = Math.max(0, ...rows.map(({ cpus }) => cpus ?? 0))
  return {
    cpus: Math.max(2, Math.round(totals.cpus / maxCpuOvercommit), Math.ceil(largest)),
    memoryBytes: Math.max(4, Math.ceil(totals.memoryBytes / GIB)) * GIB,
  }
}

/**
 * Turns what a compose file says into a profile that can be planned: limits, heaps, slots, partitions and retention become pins
 * where the rules would give something else. A pin that no plan can hold with is left out and named.
 */
export function profileOfForeign(
  project: ComposeProject,
  { ledger, machine }: { ledger: ForeignLedger; machine?: Machine | undefined },
): ForeignProfile {
  const chosen = machine ?? guessMachine(ledger)
  const workload = usualWorkload(chosen.cpus)
  const pins: WrittenPin[] = []
  const asDerived: string[] = []
  const leftOut: { pin: string; why: string }[] = []
  const derived = plan({ machine: chosen, workload }, [])
  const wanted = derived.ok ? [...wantedPins(project, ledger), ...environmentPins(project)] : []
  for (const pin of wanted) {
    const name = `${pin.key} = ${printSettingValue(pin.key, pin.value)}`
    if (derived.ok && derived.spec.settings[pin.key].value === pin.value) asDerived.push(name)
    else {
      const tried = plan({ machine: chosen, workload }, [...pins, pin])
      if (tried.ok) pins.push(pin)
      else leftOut.push({ pin: name, why: tried.why })
    }
  }
  const problem = derived.ok ? null : derived.why
  return { machine: chosen, guessed: machine === undefined, workload, pins, asDerived, leftOut, problem }
}

function plan(
  profile: { machine: Machine; workload: ForeignProfile['workload'] },
  pins: readonly WrittenPin[],
): { ok: true; spec: StackSpec } | { ok: false; why: string } {
  const given: Pin[] = pins.map(({ key, value }) => ({ key, value, origin: 'profile' }))
  const planned = planStack({ name: 'imported', ...profile, pins: [] }, { pins: given })
  return planned.ok ? planned : { ok: false, why: planned.error.why ?? planned.error.message }
}

const counterparts = {
  broker: 'kafka',
  backend: 'backend',
  provider: 'provider',
  frontend: 'frontend',
} as const

function wantedPins(project: ComposeProject, { rows }: ForeignLedger): WrittenPin[] {
  const workers = rows.filter(({ role }) => role === 'taskmanager' || role === 'worker')
  const pins: WrittenPin[] = []
  const pin = (key: SettingKey, value: number | null | undefined, { service }: { service: string }) => {
    const parsed = value === null || value === undefined ? undefined : parseSetting(key, value)
    if (parsed?.ok) pins.push({ key, value: parsed.value, comment: `from ${service}` })
  }
  for (const [role, own] of Object.entries(counterparts) as [keyof typeof counterparts, 'kafka'][]) {
    const row = rows.find((candidate) => candidate.role === role)
    if (row === undefined) continue
    pin(`${own}.memory`, row.memoryBytes, row)
    pin(`${own}.cpus`, row.cpus, row)
    if (row.heap?.how === 'set') pin(`${own}.heap`, row.heap.bytes, row)
  }
  const [worker] = workers
  if (worker !== undefined) {
    pin(
      'worker.count',
      sum(workers, ({ replicas }) => replicas),
      worker,
    )
    pin('worker.memory', worker.memoryBytes, worker)
    pin('worker.cpus', worker.cpus, worker)
    if (workers.every(({ slots }) => slots !== null))
      pin(
        'pipeline.parallelism',
        sum(workers, ({ slots, replicas }) => (slots ?? 0) * replicas),
        worker,
      )
  }
  return [...pins, ...brokerPins(project)]
}

function brokerPins(project: ComposeProject): WrittenPin[] {
  const broker = startedServices(project).find((service) => recogniseRole(service).role === 'broker')
  if (broker === undefined) return []
  const number = (name: string): number | undefined => {
    const text =
      broker.environment.get(`KAFKA_${name}`)?.value ?? broker.environment.get(`KAFKA_CFG_${name}`)?.value
    return text === null || text === undefined || text.trim() === '' ? undefined : Number(text)
  }
  const hours = number('LOG_RETENTION_HOURS')
  const found: [SettingKey, number | undefined][] = [
    ['topics.radiation-data.partitions', number('NUM_PARTITIONS')],
    ['topics.retention', number('LOG_RETENTION_MS') ?? (hours === undefined ? undefined : hours * 3_600_000)],
    ['topics.segmentBytes', number('LOG_SEGMENT_BYTES')],
    ['topics.retentionBytes', number('LOG_RETENTION_BYTES')],
  ]
  return found.flatMap(([key, value]) => {
    const parsed = value === undefined ? undefined : parseSetting(key, value)
    return parsed?.ok ? [{ key, value: parsed.value, comment: `from ${broker.name}` }] : []
  })
}

/** Our own variables in somebody's file are settings by themselves. */
function environmentPins(project: ComposeProject): WrittenPin[] {
  const keys = new Map(
    Object.keys(settings)
      .filter(isSettingKey)
      .map((key) => [settingEnvironmentName(key), key]),
  )
  const pins = new Map<SettingKey, WrittenPin>()
  for (const { name, environment } of startedServices(project))
    for (const [variable, { value }] of environment) {
      const key = keys.get(variable)
      const parsed = key === undefined || value === null ? undefined : parseSetting(key, value)
      if (key !== undefined && parsed?.ok)
        pins.set(key, { key, value: parsed.value, comment: `from ${name}` })
    }
  return [...pins.values()]
}

function sum(rows: readonly ForeignRow[], of: (row: ForeignRow) => number): number {
  return rows.reduce((total, row) => total + of(row), 0)
}
