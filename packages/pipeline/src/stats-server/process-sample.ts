import type { ControlGroupStats, ProcessSample, SettingsReport } from '@radtune/core/contract'
import { findOwnGroup } from './control-group.ts'

export interface ProcessSampleOptions {
  /** Wall-clock milliseconds. */
  now?: () => number
  /** Reads the control group of this process; undefined where it has none of its own. */
  group?: (() => ControlGroupStats) | undefined
}

/** Returns a function that reads the process; reading has no side effects. */
export function processSample(
  service: string,
  { now = Date.now, group = findOwnGroup() }: ProcessSampleOptions = {},
): (settings?: SettingsReport) => ProcessSample {
  return (settings) => {
    const { user, system } = process.cpuUsage()
    return {
      at: now(),
      service,
      pid: process.pid,
      uptimeMs: Math.round(process.uptime() * 1000),
      rssBytes: process.memoryUsage.rss(),
      cpuMs: (user + system) / 1000,
      settingsRevision: settings?.revision ?? null,
      ...(settings ? { settings } : {}),
      ...(group ? { group: group() } : {}),
    }
  }
}
