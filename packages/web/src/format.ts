/** What is shown where there is nothing to show. */
export const NO_VALUE = 'no value'

/** The units that the page can show. Counts are what was measured; dose rates are estimated from them. */
export type Unit = 'usvh' | 'cpm'
export const UNIT_LABELS: Record<Unit, string> = { usvh: 'µSv/h', cpm: 'CPM' }

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })
const precise = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 3 })

/** `52,313`; "no value" for what is not known. */
export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? NO_VALUE : whole.format(count)
}

/** `412/s`, `9.9k/s`, `1.2M/s`. */
export function formatRate(perSecond: number | null): string {
  if (perSecond === null) return NO_VALUE
  if (perSecond < 1000) return `${whole.format(perSecond)}/s`
  if (perSecond < 999_950) return `${shorten(perSecond / 1000)}k/s`
  return `${shorten(perSecond / 1_000_000)}M/s`
}

/** `41 ms`, `1.8 s`, `3 min`: a duration at the precision that a reader needs. */
export function formatDelay(ms: number | null): string {
  if (ms === null) return NO_VALUE
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

/** `2020-02-11 09:31 UTC`, of an ISO time. */
export function formatEventTime(iso: string | null): string {
  if (iso === null || Number.isNaN(Date.parse(iso))) return NO_VALUE
  return `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const DAY_S = 86_400

/** `41 days`, `3 hours`, `20 minutes`, `45 seconds`: between two ISO times, in the largest unit that there are two of. */
export function formatSpan(from: string, to: string): string {
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1000)
  if (Number.isNaN(seconds)) return NO_VALUE
  const [unit, length] = SPANS.find(([, each]) => seconds >= 2 * each) ?? SECONDS
  return `${whole.format(Math.floor(seconds / length))} ${unit}`
}

const SECONDS = ['seconds', 1] as const
const SPANS = [['days', DAY_S], ['hours', 3600], ['minutes', 60], SECONDS] as const

/** `60×` or `1,000/s`, as the replay is paced. */
export function formatPace({ speed, ratePerSecond }: { speed: number; ratePerSecond: number }): string {
  if (speed > 0) return `${precise.format(speed)}×`
  return ratePerSecond === 0 ? 'as fast as possible' : `${precise.format(ratePerSecond)}/s`
}

/** `0.129`: three significant figures, as an estimate deserves. */
export function formatDose(usvh: number): string {
  if (usvh === 0) return '0'
  if (usvh >= 100) return whole.format(usvh)
  return usvh.toPrecision(usvh < 0.01 ? 1 : usvh < 0.1 ? 2 : 3)
}

/** `≈ 1.29 µSv/h` or `431 CPM`. */
export function formatReading({ value, usvh }: { value: number; usvh: number }, unit: Unit): string {
  return unit === 'cpm' ? `${formatCount(value)} CPM` : `≈ ${formatDose(usvh)} µSv/h`
}

/** `37.56123, 140.69456`. */
export function formatPosition({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`
}

/** `12 %`, `< 1 %`; "no value" without a whole. */
export function formatShare(part: number, total: number): string {
  if (total === 0) return NO_VALUE
  const percent = (part / total) * 100
  if (part > 0 && percent < 1) return '< 1 %'
  return `${Math.round(percent)} %`
}

function shorten(amount: number): string {
  return amount < 10 ? amount.toFixed(1) : whole.format(amount)
}
