import { z } from 'zod'

/** A value that a source gave at one instant, or why there is none. Never NaN, -1, 0 or undefined for "unknown". */
export type Reading<T> = { known: true; value: T; at: number } | { known: false; why: string }

export function known<T>(value: T, at: number): Reading<T> {
  return { known: true, value, at }
}

export function unknown<T = never>(why: string): Reading<T> {
  return { known: false, why }
}

/** The same reading of something that is worked out from its value. */
export function mapReading<From, To>(reading: Reading<From>, turn: (value: From) => To): Reading<To> {
  return reading.known ? known(turn(reading.value), reading.at) : reading
}

export function readingSchema<Value extends z.ZodType>(value: Value) {
  return z.discriminatedUnion('known', [
    z.object({ known: z.literal(true), value, at: z.number() }),
    z.object({ known: z.literal(false), why: z.string() }),
  ])
}
