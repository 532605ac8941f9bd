import type { LivePoint } from '@radtune/core/contract'

/** Critical readings of one sensor that follow each other. */
export interface Alert {
  /** The newest of them. */
  reading: LivePoint
  readings: number
}

/** A sensor that was quiet for so long, by its captured times, is a new alert. */
export const COOL_DOWN_MS = 600_000

/**
 * Makes alerts of critical readings, which come newest first; so do the alerts. A sensor that goes on being critical is one; a reading that
 * comes days late is another, and parts nothing.
 */
export function groupAlerts(readings: readonly LivePoint[]): Alert[] {
  const alerts: Alert[] = []
  const ofSensor = new Map<string, { alert: Alert; fromMs: number; toMs: number }[]>()
  for (const reading of readings) {
    const atMs = Date.parse(reading.capturedTime)
    const own = ofSensor.get(reading.sensor) ?? []
    const near = own.find(({ fromMs, toMs }) => atMs >= fromMs - COOL_DOWN_MS && atMs <= toMs + COOL_DOWN_MS)
    if (near) {
      near.alert.readings += 1
      near.fromMs = Math.min(near.fromMs, atMs)
      near.toMs = Math.max(near.toMs, atMs)
      continue
    }
    const alert = { reading, readings: 1 }
    ofSensor.set(reading.sensor, [...own, { alert, fromMs: atMs, toMs: atMs }])
    alerts.push(alert)
  }
  return alerts
}
