import type { Change } from './rule.ts'

/**
 * Whether two steps change the same settings the same way, up or down. Figures follow what was measured just before, so another
 * figure is not another idea.
 */
export function sameWay(one: readonly Change[], other: readonly Change[]): boolean {
  return waysOf(one) === waysOf(other)
}

function waysOf(changes: readonly Change[]): string {
  const ways = changes.map(({ key, service, from, to }) => {
    const way = typeof from === 'number' && typeof to === 'number' ? Math.sign(to - from) : to
    return JSON.stringify([key, service, way])
  })
  return ways.sort().join()
}
