import { RadtuneError } from '../errors/index.ts'
import type { Profile } from '../profile/index.ts'
import { type SettingKey, type SettingValues, settings } from '../settings/index.ts'
import { sumCpus } from './amounts.ts'
import { checkPlan, minimumMachine } from './check-plan.ts'
import { planDeviations } from './deviations.ts'
import { describePin, type Pin, type Pins, resolvePins } from './pins.ts'
import { planTopics } from './plan-logs.ts'
import { planSettings } from './plan-settings.ts'
import { planSlots } from './plan-slots.ts'
import { maxCpuOvercommit } from './service-rules.ts'
import { sizeSingleService } from './size-single-service.ts'
import { sizeWorkers } from './size-workers.ts'
import type { ServiceSpec, StackSpec } from './stack-spec.ts'
import { usableMemoryBytes } from './usable-memory.ts'
import { planWorkerCapacity } from './worker-capacity.ts'

export interface PlanOptions {
  /** Values from anywhere but the profile, whose own pins are taken from it. */
  pins?: readonly Pin[]
  /** Plans for this machine in place of the profile's. */
  machine?: { cpus: number; memoryBytes: number }
}

export type PlanResult = { ok: true; spec: StackSpec } | { ok: false; error: RadtuneError }

/**
 * Plans what should run on a profile's machine, each number with its rule and sentence. Refused, never bent: RT-PLAN-001
 * when the machine is too small for the floors of the services, RT-PLAN-002 when the pins make the plan impossible,
 * RT-SET-001 when a pin has a value that its setting cannot take.
 */
export function planStack(
  profile: Profile,
  { pins: given = [], machine = profile.machine }: PlanOptions = {},
): PlanResult {
  let pins: Pins
  try {
    pins = resolvePins([...profilePins(profile), ...given])
  } catch (error) {
    if (error instanceof RadtuneError) return { ok: false, error }
    throw error
  }
  const { spec, problems } = draftStack(profile, { pins, machine })
  if (problems.length === 0) return { ok: true, spec }
  const unpinned = draftStack(profile, { pins: resolvePins([]), machine })
  if (unpinned.problems.length > 0)
    return { ok: false, error: tooSmall(profile.name, { machine, problems: unpinned.problems }) }
  return { ok: false, error: impossiblePins(profile.name, { pins, problems }) }
}

function draftStack(
  profile: Profile,
  { pins, machine }: { pins: Pins; machine: { cpus: number; memoryBytes: number } },
): { spec: StackSpec; problems: string[] } {
  const kafka = sizeSingleService('kafka', { machine, pins })
  const backend = sizeSingleService('backend', { machine, pins })
  const provider = sizeSingleService('provider', { machine, pins })
  const frontend = sizeSingleService('frontend', { machine, pins })
  const capacity = planWorkerCapacity({ machine, others: [kafka, backend, provider, frontend], pins })
  const slotPlan = planSlots(capacity, pins)
  const workers = sizeWorkers({ capacity, slots: slotPlan.slots, slotsReason: slotPlan.slotsSentence, pins })
  const services = [kafka, ...workers, backend, provider, frontend]
  const resolved = planSettings({ machine, workload: profile.workload, pins, capacity, slotPlan, services })
  const spec: StackSpec = {
    schema: 'radtune.stack/1',
    profile: profile.name,
    engine: 'worker',
    machine: {
      cpus: machine.cpus,
      memoryBytes: machine.memoryBytes,
      usableMemoryBytes: usableMemoryBytes(machine.memoryBytes),
    },
    workload: profile.workload,
    services,
    topics: planTopics(valuesOf(resolved)),
    settings: resolved,
    totals: sumTotals(services, machine.cpus),
    deviations: planDeviations({ services, settings: resolved }),
  }
  const problems = checkPlan(spec, pins)
  return { spec, problems: slotPlan.problem === undefined ? problems : [slotPlan.problem, ...problems] }
}

function profilePins({ file, name, pins }: Profile): Pin[] {
  return pins.map(({ key, value, line, service }) => ({
    key,
    value,
    origin: 'profile' as const,
    at: `${file ?? name}:${line}`,
    ...(service === undefined ? {} : { service }),
  }))
}

function valuesOf(resolved: StackSpec['settings']): SettingValues {
  const keys = Object.keys(settings) as SettingKey[]
  return Object.fromEntries(keys.map((key) => [key, resolved[key].value])) as SettingValues
}

function sumTotals(services: readonly ServiceSpec[], machineCpus: number): StackSpec['totals'] {
  const cpus = sumCpus(services.map((service) => service.cpus))
  return {
    memoryBytes: services.reduce((sum, service) => sum + service.memoryBytes, 0),
    cpus,
    reservedMemoryBytes: services.reduce((sum, service) => sum + service.reservedMemoryBytes, 0),
    reservedCpus: sumCpus(services.map((service) => service.reservedCpus)),
    cpuOvercommit: Math.round((cpus / machineCpus) * 1000) / 1000,
    maxCpuOvercommit,
  }
}

function tooSmall(
  name: string,
  { machine, problems }: { machine: { cpus: number; memoryBytes: number }; problems: readonly string[] },
): RadtuneError {
  const need = minimumMachine()
  return new RadtuneError('RT-PLAN-001', {
    what: `${name} is too small: the pipeline needs at least ${need.text}`,
    why: problems.join(' '),
    fix: [
      `radtune plan --profile ${Math.ceil(Math.max(need.cpus, machine.cpus))}c${need.wholeGigabytes(machine.memoryBytes)}g`,
    ],
  })
}

function impossiblePins(
  name: string,
  { pins, problems }: { pins: Pins; problems: readonly string[] },
): RadtuneError {
  return new RadtuneError('RT-PLAN-002', {
    what: `${name} cannot be planned with these pins: ${pins.all.map(describePin).join(', ')}`,
    why: problems.join(' '),
    fix: ['change or drop a pin', `radtune explain ${pins.all[0]?.key ?? 'worker.memory'}`],
  })
}
