import type { ComposeProject, ComposeService, Place } from '../compose-file/index.ts'
import { type Machine, maxCpuOvercommit, usableMemoryBytes } from '../stack/index.ts'
import { formatBytes, formatCpus } from '../units/index.ts'
import { type ForeignLedger, startedServices } from './foreign-ledger.ts'
import { findHealthChecks } from './health-check-findings.ts'
import { findMemory } from './memory-findings.ts'
import { recogniseRole } from './recognise-role.ts'
import { findUnread } from './unread-findings.ts'

/** Something in a compose file that does not do what it seems to. Ids are permanent. */
export interface ForeignFinding {
  id: string
  /** `problem`: it fails or will; `warning`: it may; `note`: good to know. */
  severity: 'problem' | 'warning' | 'note'
  /** Absent where it is about all of them. */
  service?: string
  at: Place
  what: string
  why: string
  fix: string
}

/** Looks for what will not start, will be killed, is oversubscribed, cannot fail, or is read by nothing. Worst first. */
export function findForeign(
  project: ComposeProject,
  { ledger, machine }: { ledger: ForeignLedger; machine: Machine },
): ForeignFinding[] {
  const services = startedServices(project)
  const findings = [
    ...findSums(services, { ledger, machine }),
    ...services.flatMap((service) => {
      const { role } = recogniseRole(service)
      return [
        ...findMemory(service, role),
        ...findHealthChecks(service, services),
        ...findUnread(service, role),
      ]
    }),
    ...project.unusedVariables.map(
      ({ value, at }): ForeignFinding => ({
        id: 'variable-unread',
        severity: 'warning',
        at,
        what: `nothing reads ${value}`,
        why: 'no file asks for it, and .env fills in files only; it does not reach a container by itself',
        fix: `write \${${value}} where it is meant, or name the file under env_file`,
      }),
    ),
  ]
  const order = ['problem', 'warning', 'note']
  return findings.sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity))
}

function findSums(
  services: readonly ComposeService[],
  { ledger, machine }: { ledger: ForeignLedger; machine: Machine },
): ForeignFinding[] {
  const [first] = services
  if (first === undefined) return []
  const at = first.at
  const { memoryBytes, cpus, reservedCpus } = ledger.totals
  const usable = usableMemoryBytes(machine.memoryBytes)
  const findings: ForeignFinding[] = []
  if (memoryBytes > usable)
    findings.push({
      id: 'memory-oversubscribed',
      severity: memoryBytes > machine.memoryBytes ? 'problem' : 'warning',
      at,
      what: `the memory limits add up to ${formatBytes(memoryBytes)} of ${formatBytes(machine.memoryBytes)}`,
      why: `${formatBytes(usable)} are usable: 85 %, and all but 1 GiB; beyond that the kernel kills under load`,
      fix: 'lower limits until they fit; radtune plan shows a set that does',
    })
  if (cpus > maxCpuOvercommit * machine.cpus)
    findings.push({
      id: 'cpu-oversubscribed',
      severity: 'warning',
      at,
      what: `the CPU limits add up to ${formatCpus(cpus)}, ${(cpus / machine.cpus).toFixed(2)} × the ${formatCpus(machine.cpus)} CPUs`,
      why: `up to ${maxCpuOvercommit} × is planned for, as not all are busy at once; beyond, limits stop meaning anything`,
      fix: 'lower the limits of what is not busy',
    })
  if (reservedCpus > machine.cpus)
    findings.push({
      id: 'cpu-reservations',
      severity: 'warning',
      at,
      what: `the CPU reservations add up to ${formatCpus(reservedCpus)} of ${formatCpus(machine.cpus)} CPUs`,
      why: 'what is reserved more than once is reserved for nobody',
      fix: 'lower the reservations',
    })
  for (const { name, limits } of services)
    if (limits.cpus !== undefined && limits.cpus.value > machine.cpus)
      findings.push({
        id: 'cpu-above-machine',
        severity: 'problem',
        service: name,
        at: limits.cpus.at,
        what: `${name} may use ${formatCpus(limits.cpus.value)} CPUs, and there are ${formatCpus(machine.cpus)}`,
        why: 'the engine refuses to create such a container',
        fix: `cpus: ${formatCpus(machine.cpus)} at most`,
      })
  return findings
}
