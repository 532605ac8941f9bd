import { formatCount, formatDuration } from '../units/index.ts'
import type { BenchStep, Carried, Knee } from './bench-report.ts'
import type { Figure } from './figure.ts'

/** Less than this share of what was asked for is not carried. */
const LEAST_SHARE = 0.97
/** Lag that grows by more than this share of the rate piles up. */
const GROWING_SHARE = 0.02
/** A commit comes at least this often: as much is always on its way. */
const ON_ITS_WAY_S = 2

/**
 * Whether a step is carried: the records come in at the rate that was asked for, the lag does not grow, no service restarts, and p99
 * is within its target. Latency that is not known decides nothing.
 */
export function judgeStep(
  { perSecond, measures }: Pick<BenchStep, 'perSecond' | 'measures'>,
  { latencyTargetMs }: { latencyTargetMs: number },
): Carried {
  const { in: into, out, p99, lag, lagPerSecond, restarts, throttled } = measures
  const held =
    throttled && throttled.share >= 0.1
      ? `; ${throttled.service} is throttled in ${Math.round(throttled.share * 100)} % of its periods`
      : ''
  const behind = (why: string): Carried => ({ state: 'not carried', why: `${why}${held}`, behind: true })
  if (restarts > 0)
    return behind(`${restarts === 1 ? 'a service' : `${restarts} times a service`} was started again`)
  if (!into || !out || lag === null || lagPerSecond === null)
    return { state: 'unknown', why: 'what comes in and out, or what waits, was not told all the time' }
  // What varies as much as it lacks is a machine that is busy, and no limit of the provider.
  if (into.value + into.noise < LEAST_SHARE * perSecond)
    return behind(`the provider publishes ${perS(into.value)} of ${perS(perSecond)}`)
  if (lagPerSecond > GROWING_SHARE * perSecond && lag > ON_ITS_WAY_S * perSecond)
    return behind(
      `${formatCount(Math.round(lagPerSecond))} more records wait with each second, ${formatCount(lag)} at the end`,
    )
  if (!p99) return { state: 'unknown', why: 'p99 was not told all the time' }
  if (p99.value > latencyTargetMs)
    return {
      state: 'not carried',
      why: `p99 is ${formatDuration(p99.value)}, over ${formatDuration(latencyTargetMs)}${barely(p99, latencyTargetMs)}${held}`,
      behind: false,
    }
  return { state: 'carried' }
}

/** The highest step that is carried, and why the one after it is not. Steps go up. */
export function findKnee(steps: readonly BenchStep[]): Knee {
  const at = steps.findLastIndex(({ carried }) => carried.state === 'carried')
  const knee = steps[at]
  const next = steps[at + 1]
  const after = next ? whyText(next) : 'no higher step was made'
  if (!knee) return { perSecond: null, sentence: `no step is carried: ${after}` }
  const earlier = steps.slice(0, at).filter(({ carried }) => carried.state !== 'carried')
  const but = earlier.map((step) => `; though ${whyText(step)}`).join('')
  return { perSecond: knee.perSecond, sentence: `${perS(knee.perSecond)} are carried; ${after}${but}` }
}

/** How a step stands, in the words of a sentence. */
function whyText({ perSecond, carried }: BenchStep): string {
  switch (carried.state) {
    case 'carried':
      return `${perS(perSecond)} are carried`
    case 'not carried':
      return `${perS(perSecond)} are not: ${carried.why}`
    case 'unknown':
      return `of ${perS(perSecond)} it is not known: ${carried.why}`
  }
}

/** Said of what another run might decide otherwise. */
function barely({ value, noise }: Figure, target: number): string {
  return value - noise <= target ? ` by less than its noise of ${formatDuration(noise)}` : ''
}

function perS(rate: number): string {
  return `${formatCount(Math.round(rate))}/s`
}
