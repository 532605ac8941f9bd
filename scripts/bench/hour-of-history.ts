import { DEFAULT_TARGETS, Evaluator, type Snapshot } from '@radtune/core/metrics'

const SAMPLES = 3600

/** What an hour of history takes: bytes of its columns, and CPU of one more sample in the first and in the last minute. */
export function measureHour(snapshot: Snapshot): { bytes: number; firstMs: number; lastMs: number } {
  const evaluator = new Evaluator({ targets: DEFAULT_TARGETS })
  const costs: number[] = []
  for (let second = 0; second < SAMPLES; second += 1) {
    const later = moved(snapshot, second * 1000) as Snapshot
    const before = process.cpuUsage()
    evaluator.add(later)
    const { user, system } = process.cpuUsage(before)
    costs.push((user + system) / 1000)
  }
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length
  return {
    bytes: evaluator.history.bytes,
    firstMs: mean(costs.slice(60, 120)),
    lastMs: mean(costs.slice(-60)),
  }
}

/** The same document with all its times later. */
function moved(part: unknown, byMs: number): unknown {
  if (Array.isArray(part)) return part.map((one) => moved(one, byMs))
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === 'at' && typeof value === 'number' ? value + byMs : moved(value, byMs),
    ]),
  )
}
