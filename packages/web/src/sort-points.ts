import type { LivePoint } from '@radtune/core/contract'

export type SortKey = 'time' | 'value' | 'dose' | 'level' | 'sensor' | 'delay'
export interface SortOrder {
  key: SortKey
  descending: boolean
}

/** Clicking a column: the same one turns round, another one begins with what is most telling on top. */
export function nextOrder(order: SortOrder, key: SortKey): SortOrder {
  if (order.key === key) return { key, descending: !order.descending }
  return { key, descending: key !== 'sensor' }
}

/** The first `limit` readings in an order; equal ones by sensor, and those without a delay last. */
export function sortPoints(
  points: Iterable<LivePoint>,
  { order, limit }: { order: SortOrder; limit: number },
): LivePoint[] {
  const sign = order.descending ? -1 : 1
  return [...points]
    .sort(
      (a, b) =>
        compareMissing(a, b, order.key) || sign * compare(a, b, order.key) || byText(a.sensor, b.sensor),
    )
    .slice(0, limit)
}

function compareMissing(a: LivePoint, b: LivePoint, key: SortKey): number {
  return key === 'delay' ? Number(a.latencyMs === null) - Number(b.latencyMs === null) : 0
}

const LEVEL_RANK = { low: 0, moderate: 1, high: 2 } as const

function compare(a: LivePoint, b: LivePoint, key: SortKey): number {
  switch (key) {
    case 'time':
      return byText(a.capturedTime, b.capturedTime)
    case 'value':
      return a.value - b.value
    case 'dose':
      return a.usvh - b.usvh
    case 'level':
      return LEVEL_RANK[a.level] - LEVEL_RANK[b.level] || Number(a.critical) - Number(b.critical)
    case 'sensor':
      return byText(a.sensor, b.sensor)
    case 'delay':
      return (a.latencyMs ?? 0) - (b.latencyMs ?? 0)
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
