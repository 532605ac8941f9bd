import { RadtuneError } from '../errors/index.ts'
import { formatBytes, formatCpus } from '../units/index.ts'
import { sumCpus } from './amounts.ts'
import type { StackSpec } from './stack-spec.ts'
import { usableMemoryBytes } from './usable-memory.ts'

/** How a plan fits a real machine. */
export interface MachineFit {
  usableMemoryBytes: number
  neededMemoryBytes: number
  /** Set (RT-UP-001) when the memory limits exceed what the machine can give; only force goes on then. */
  refusal: RadtuneError | undefined
  /** Sentences for the person who starts it. */
  warnings: readonly string[]
  /** Services whose CPU limit is more than the machine has, and what they get instead. */
  cappedCpus: readonly { service: string; from: number; to: number }[]
  /** The plan as it runs here: the same, with those CPU limits capped. */
  spec: StackSpec
}

/**
 * Judges whether a plan fits a machine: less memory is a refusal, fewer CPUs are a warning, because memory that is
 * missing kills and CPU that is missing is shared. Limits hold; only one above the machine's CPUs is capped to them.
 */
export function fitToMachine(spec: StackSpec, machine: { cpus: number; memoryBytes: number }): MachineFit {
  const usable = usableMemoryBytes(machine.memoryBytes)
  const needed = spec.totals.memoryBytes
  const cappedCpus = spec.services
    .filter(({ cpus }) => cpus > machine.cpus)
    .map(({ name, cpus }) => ({ service: name, from: cpus, to: machine.cpus }))
  const warnings: string[] = []
  if (machine.cpus < spec.machine.cpus)
    warnings.push(
      `${spec.profile} is for ${formatCpus(spec.machine.cpus)} CPUs and this machine has ${formatCpus(machine.cpus)}: the limits hold, the services share it`,
    )
  for (const { service, from, to } of cappedCpus)
    warnings.push(
      `${service} is limited to the ${formatCpus(to)} CPUs of this machine instead of ${formatCpus(from)}`,
    )
  const refusal =
    needed <= usable
      ? undefined
      : new RadtuneError('RT-UP-001', {
          what: `this machine is too small for ${spec.profile}`,
          why: `the limits add up to ${formatBytes(needed)}, and of its ${formatBytes(machine.memoryBytes)} only ${formatBytes(usable)} are usable (85 %, and all but 1 GiB)`,
        })
  return {
    usableMemoryBytes: usable,
    neededMemoryBytes: needed,
    refusal,
    warnings,
    cappedCpus,
    spec: capCpus(spec, cappedCpus),
  }
}

function capCpus(spec: StackSpec, capped: MachineFit['cappedCpus']): StackSpec {
  if (capped.length === 0) return spec
  const services = spec.services.map((service) => {
    const cap = capped.find((entry) => entry.service === service.name)
    if (cap === undefined) return service
    const reason = {
      of: 'cpus',
      rule: 'machine-cpus',
      sentence: `${formatCpus(cap.to)} CPU: all that this machine has; planned were ${formatCpus(cap.from)}`,
    }
    return {
      ...service,
      cpus: cap.to,
      reservedCpus: Math.min(service.reservedCpus, cap.to),
      reasons: [...service.reasons.filter(({ of }) => of !== 'cpus'), reason],
    }
  })
  const cpus = sumCpus(services.map((service) => service.cpus))
  const reservedCpus = sumCpus(services.map((service) => service.reservedCpus))
  const cpuOvercommit = Math.round((cpus / spec.machine.cpus) * 1000) / 1000
  return { ...spec, services, totals: { ...spec.totals, cpus, reservedCpus, cpuOvercommit } }
}
