/** A value that a source gave at one instant, or why there is none. Never NaN, -1, 0 or undefined for "unknown". */
export type Reading<T> = { known: true; value: T; at: number } | { known: false; why: string }

export function known<T>(value: T, at: number): Reading<T> {
  return { known: true, value, at }
}

export function unknown<T = never>(why: string): Reading<T> {
  return { known: false, why }
}
