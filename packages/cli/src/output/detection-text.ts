import { formatBytes, formatCpus } from '@radtune/core/units'
import type { Detection } from '../services/detect-machine.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'

/** What this machine is, what `auto` makes of it, and how each profile fits. */
export function detectionText({ facts, auto, profiles }: Detection, style: StreamStyle): string {
  const { palette } = style
  const columns = Math.min(style.columns, 120)
  const rows: [string, string][] = [
    ['machine', sizeText(facts.machine)],
    ['limits', limitsText(facts)],
    ['usable here', `${sizeText(facts)}; ${formatBytes(facts.availableMemoryBytes)} of it are free now`],
    ['auto', autoText(auto)],
  ]
  const fits = profiles.map(({ name, verdict, why }) => [
    `  ${name}`,
    verdict === 'fits' ? palette.green(verdict) : palette.yellow(verdict),
    why,
  ])
  return [
    tableText(
      rows.map(([label, text]) => [palette.dim(label), text]),
      { columns },
    ),
    '',
    palette.bold('profiles'),
    tableText(fits, { columns }),
    '',
    `next  radtune plan --profile auto`,
  ].join('\n')
}

function sizeText({ cpus, memoryBytes }: { cpus: number; memoryBytes: number }): string {
  return `${formatCpus(cpus)} CPUs, ${formatBytes(memoryBytes)}`
}

function limitsText({ limits }: Detection['facts']): string {
  if (limits === undefined) return 'none are set on the control group that radtune runs in'
  const { how, cpus, memoryBytes } = limits
  const parts = [
    cpus === undefined ? [] : [`${formatCpus(cpus)} CPUs`],
    memoryBytes === undefined ? [] : [formatBytes(memoryBytes)],
  ].flat()
  return `${parts.join(' and ')}, by ${how}`
}

function autoText(auto: Detection['auto']): string {
  if ('problem' in auto) return `${auto.name}: ${auto.problem}`
  const { memoryBytes, cpus } = auto.totals
  return `${auto.name}: limits of ${formatBytes(memoryBytes)} and ${formatCpus(cpus)} CPUs in all`
}
