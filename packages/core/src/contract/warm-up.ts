/** What a warm-up of the broker came to. */
export interface WarmUp {
  /** Median round trip through Kafka, producer to consumer, among the first ones and among the last ones; milliseconds. */
  firstP50Ms: number
  lastP50Ms: number
  roundTrips: number
  elapsedMs: number
}

/** Field of a JSON log line under which the warm-up tells what it came to. */
const WARM_UP_FIELD = 'warmUp'

/** The field for a log line, to be found again by `readWarmUp`. */
export function warmUpField(warmUp: WarmUp): { [WARM_UP_FIELD]: WarmUp } {
  return { [WARM_UP_FIELD]: warmUp }
}

/** What a log line of the warm-up tells; undefined for any other line. */
export function readWarmUp(line: string): WarmUp | undefined {
  if (!line.includes(`"${WARM_UP_FIELD}"`)) return undefined
  try {
    const { [WARM_UP_FIELD]: told } = JSON.parse(line) as { [WARM_UP_FIELD]?: Partial<WarmUp> }
    const { firstP50Ms, lastP50Ms, roundTrips, elapsedMs } = told ?? {}
    const all = [firstP50Ms, lastP50Ms, roundTrips, elapsedMs]
    return all.every((value) => typeof value === 'number') ? (told as WarmUp) : undefined
  } catch {
    return undefined
  }
}
