import { type Metric, metricValueText, type Reading } from '@radtune/core/metrics'
import type { Tone } from './styled-line.ts'

/** How a threshold word is toned; the word itself is always there as well. */
export function toneOf(state: Metric['state']): Tone {
  switch (state) {
    case 'ok':
      return 'good'
    case 'WARN':
      return 'warn'
    case 'CRIT':
      return 'bad'
    case null:
      return 'dim'
  }
}

/** A reading as text; n/a where it is not known. */
export function readingText(metric: string, reading: Reading<number>): string {
  return reading.known ? metricValueText(metric, reading.value) : 'n/a'
}

/** A rate in at most six characters: `9.9k/s`. */
export function rate(reading: Reading<number>): string {
  return reading.known ? `${compact(reading.value)}/s` : 'n/a'
}

/** A count in at most five characters: `12.1k`. */
export function compact(value: number): string {
  if (value < 999.5) return String(Math.round(value))
  if (value < 999_500) return `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)}k`
  return `${(value / 1_000_000).toFixed(value < 99_950_000 ? 1 : 0)}M`
}
