import { formatBytes, formatCount, formatCpus, formatDuration } from '../units/index.ts'
import type { EvidenceUnit } from './rule.ts'

/** A number of evidence as a person reads it: `62 %`, `31,000/s`, `212 ms`, `18 µs`, `0.5 CPU`, `4.2`. */
export function printFigure(value: number, unit: EvidenceUnit): string {
  switch (unit) {
    case 'share':
      return `${rounded(value * 100)} %`
    case 'perSecond':
      return `${formatCount(rounded(value))}/s`
    case 'ms':
      return formatDuration(value)
    case 'microseconds':
      return `${formatCount(rounded(value))} µs`
    case 'bytes':
      return formatBytes(Math.round(value))
    case 'bytesPerSecond':
      return `${formatBytes(Math.round(value))}/s`
    case 'cpus':
      return `${formatCpus(value)} CPU`
    case 'count':
      return formatCount(Math.round(value))
    case 'ratio':
      return formatCount(rounded(value))
  }
}

/** One decimal below ten, else none. */
function rounded(value: number): number {
  return Math.abs(value) < 9.95 ? Math.round(value * 10) / 10 : Math.round(value)
}
