import type { StackSpec } from '../../stack/index.ts'
import { formatBytes, formatCpus } from '../../units/index.ts'
import { type Evidence, found, quiet, type Rule } from '../rule.ts'

/** Limits that the machine cannot give all at once: memory never, CPU up to a ratio. */
export const limitOversubscribed: Rule = {
  id: 'limit-oversubscribed',
  title: 'The limits add up to more than the machine has',
  guidelines: [],
  needs: { window: 'static', readings: [] },
  evaluate({ spec }) {
    const { totals, machine } = spec
    const memory = `memory limits ${formatBytes(totals.memoryBytes)} of ${formatBytes(machine.usableMemoryBytes)} usable`
    const cpus = `CPU limits ${formatCpus(totals.cpus)} of ${formatCpus(totals.maxCpuOvercommit)} × ${formatCpus(machine.cpus)}`
    const isMemoryOver = totals.memoryBytes > machine.usableMemoryBytes
    const isCpuOver = totals.cpus > totals.maxCpuOvercommit * machine.cpus
    if (!isMemoryOver && !isCpuOver) return quiet(`${memory}, ${cpus}`)
    return found({
      rule: 'limit-oversubscribed',
      severity: isMemoryOver ? 'critical' : 'warn',
      subject: 'stack',
      sentence: [...(isMemoryOver ? [memory] : []), ...(isCpuOver ? [cpus] : [])].join(', '),
      evidence: evidenceFrom(spec),
      stage: null,
      steps: [],
      kept: [],
    })
  },
}

function evidenceFrom({ totals, machine }: StackSpec): Evidence[] {
  return [
    { name: 'sum of memory limits', value: totals.memoryBytes, unit: 'bytes', windowMs: null },
    { name: 'usable memory', value: machine.usableMemoryBytes, unit: 'bytes', windowMs: null },
    { name: 'sum of CPU limits', value: totals.cpus, unit: 'cpus', windowMs: null },
    { name: 'CPUs of the machine', value: machine.cpus, unit: 'cpus', windowMs: null },
  ]
}
