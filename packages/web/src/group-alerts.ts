import type { LivePoint } from '@radtune/core/contract'

/** Critical readings of one sensor that follow each other. */
export interface Alert {
  /** The newest of them. */
  reading: LivePoint
  readings: number
}

/** A sensor that was quiet for so long, by its captured times, is a new alert. */
export const COOL_DOWN_MS = 600_000

/** Makes alerts of critical readings, which come newest first; so do the alerts. A sensor that goes on being critical is one. */
export function groupAlerts(readings: readonly LivePoint[]): Alert[] {
  const alerts: Alert[] = []
  /** Of each sensor the alert that is being gathered, and the oldest of its readings so far. */
  const open = new Map<string, { alert: Alert; oldestMs: number }>()
  for (const reading of readings) {
    const capturedMs = Date.parse(reading.capturedTime)
    const last = open.get(reading.sensor)
    if (last && Math.abs(last.oldestMs - capturedMs) <= COOL_DOWN_MS) {
      last.alert.readings += 1
      last.oldestMs = Math.min(last.oldestMs, capturedMs)
      continue
    }
    const alert = { reading, readings: 1 }
    open.set(reading.sensor, { alert, oldestMs: capturedMs })
    alerts.push(alert)
  }
  return alerts
}
