import type { ServiceSpec } from '../stack/index.ts'
import { formatCpus, writeBytes } from '../units/index.ts'
import { because, type YamlEntries, type YamlValue } from './commented-yaml.ts'

/** Container engines weigh CPU in shares; a whole CPU is so many. */
const SHARES_PER_CPU = 1024

/** The weight of a reservation of CPU; the kernel takes no less than 2. */
export function cpuShares(reservedCpus: number): number {
  return Math.max(2, Math.round(SHARES_PER_CPU * reservedCpus))
}

/** Limits and reservations of a service as compose writes them, each with its reason. Without swap: its own limit is set too. */
export function composeLimits(service: ServiceSpec): YamlEntries {
  const { memoryBytes, cpus, reservedMemoryBytes, reservedCpus } = service
  return {
    deploy: {
      resources: {
        limits: {
          memory: explained(service, 'memoryBytes', writeBytes(memoryBytes)),
          cpus: explained(service, 'cpus', formatCpus(cpus)),
        },
        reservations: {
          memory: explained(service, 'reservedMemoryBytes', writeBytes(reservedMemoryBytes)),
          cpus: explained(service, 'reservedCpus', formatCpus(reservedCpus)),
        },
      },
    },
    memswap_limit: because(writeBytes(memoryBytes), 'as the memory limit: no swap'),
    cpu_shares: because(
      cpuShares(reservedCpus),
      `${SHARES_PER_CPU} × ${formatCpus(reservedCpus)} reserved: a reservation of CPU has an effect in a swarm only, shares have one everywhere`,
    ),
  }
}

/**
 * The limits of a program that runs once: those of a service that starts when it has ended, so that the sums of the plan hold.
 * `cpus` replaces the CPU limit.
 */
export function borrowedLimits(
  lender: ServiceSpec,
  cpus: { value: number; why: string } | undefined,
): YamlEntries {
  const own = cpus
    ? { cpus: cpus.value, reasons: [{ of: 'cpus', rule: 'borrowed', sentence: cpus.why }] }
    : { reasons: [] }
  const limits = composeLimits({ ...lender, ...own })
  return {
    ...limits,
    deploy: because(limits.deploy ?? {}, `as ${lender.name}, which starts when this has ended`),
  }
}

/** A value under the sentence by which the plan explains a field of the service. */
export function explained(service: ServiceSpec, field: string, value: YamlValue): YamlValue {
  const reason = service.reasons.find(({ of }) => of === field)
  return reason === undefined ? value : because(value, reason.sentence)
}
