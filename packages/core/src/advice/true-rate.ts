/** Under this share of busy time a slot tells nothing about what it could do. */
const LEAST_BUSY = 0.01

/**
 * Records per second that one slot could process if it did nothing else: rate ÷ busy ratio. Undefined while slots are idle.
 * Source: true processing rate of the Flink autoscaler and of DS2.
 */
export function trueRatePerSlot({
  perSecond,
  slots,
  busyShare,
}: {
  /** Of all slots together. */
  perSecond: number
  slots: number
  /** Mean of the slots, 0 to 1. */
  busyShare: number
}): number | undefined {
  if (slots <= 0 || perSecond <= 0 || busyShare < LEAST_BUSY) return undefined
  return perSecond / slots / Math.min(1, busyShare)
}

/** Records per second that `slots` could process, as measured at `measuredAt` slots: what more slots add is worth `coefficient`. */
export function capacityOf(
  slots: number,
  { perSlot, measuredAt, coefficient }: { perSlot: number; measuredAt: number; coefficient: number },
): number {
  return perSlot * (measuredAt + (slots - measuredAt) * (slots > measuredAt ? coefficient : 1))
}

/**
 * Records per second that slots have to be able to process: (input + lag ÷ catch-up time) ÷ target utilisation.
 * Source: capacity of the Flink autoscaler, all of it under the utilisation.
 */
export function requiredRate({
  inPerSecond,
  lagRecords,
  catchUpMs,
  utilisation,
}: {
  inPerSecond: number
  lagRecords: number
  catchUpMs: number
  utilisation: number
}): number {
  return (inPerSecond + (lagRecords * 1000) / catchUpMs) / utilisation
}
