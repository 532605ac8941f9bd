import { type Metric, metricValueText, type Reading } from '@radtune/core/metrics'
import { formatBytes } from '@radtune/core/units'
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

/** Of what is only worth a colour when it is not in order. */
export function judgedTone(state: Metric['state']): Tone {
  return state === null || state === 'ok' ? 'plain' : toneOf(state)
}

/** A reading as text; n/a where it is not known. */
export function readingText(metric: string, reading: Reading<number>): string {
  return reading.known ? metricValueText(metric, reading.value) : 'n/a'
}

/** A rate, in at most six characters unless it is to be exact: `9.9k/s`, `9,910/s`. */
export function rate(reading: Reading<number>, exact = false): string {
  if (!reading.known) return 'n/a'
  return exact ? metricValueText('rate', reading.value) : `${compact(reading.value)}/s`
}

/** A count in at most five characters: `12.1k`. */
export function compact(value: number): string {
  if (value < 999.5) return String(Math.round(value))
  if (value < 999_500) return `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)}k`
  return `${(value / 1_000_000).toFixed(value < 99_950_000 ? 1 : 0)}M`
}

/** Bytes in at most five characters, `1.0G`; in full, `1 GiB`. */
export function bytesText(bytes: number, exact = false): string {
  if (exact) return formatBytes(bytes)
  const mebibytes = bytes / 1024 ** 2
  if (mebibytes < 0.95) return `${Math.round(bytes / 1024)}K`
  return mebibytes < 1000 ? `${Math.round(mebibytes)}M` : `${(mebibytes / 1024).toFixed(1)}G`
}

/** The time of day of an instant, UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}
