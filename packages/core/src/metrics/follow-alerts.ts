import { formatCount } from '../units/index.ts'
import type { MonitorEvent, Snapshot } from './snapshot.ts'

/** So often alerts are told at most: at 10,000 readings a second some are critical in every one. */
const TELL_EVERY_MS = 30_000

/**
 * Tells critical readings as events: the first at once, then how many more there were. What came before the first snapshot is not
 * told; a counter that went down begins anew.
 */
export function createAlertFollower(): (snapshot: Snapshot) => MonitorEvent[] {
  let told: { at: number; critical: number } | undefined
  return ({ backend, settings, at }) => {
    if (!backend.known) return []
    const { received, newestAlert } = backend.value
    const { critical } = received
    if (!told || critical < told.critical) told = { at: Number.NEGATIVE_INFINITY, critical }
    const more = critical - told.critical
    if (more === 0 || !newestAlert || at - told.at < TELL_EVERY_MS) return []
    told = { at, critical }
    const { value, latitude, longitude } = newestAlert
    const bound = settings.known ? settings.value.values['thresholds.critical'] : undefined
    const from = typeof bound === 'number' ? ` (critical from ${formatCount(bound)})` : ''
    const count = more === 1 ? 'critical reading' : `${formatCount(more)} critical readings, the newest`
    const sentence = `${count} ${formatCount(value)} CPM at ${latitude.toFixed(2)}, ${longitude.toFixed(2)}${from}`
    return [{ at, severity: 'warn', kind: 'alert', subject: 'readings', sentence }]
  }
}
