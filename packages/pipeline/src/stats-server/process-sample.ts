import type { SettingsReport } from '@radtune/core/contract'

/** What every service says of its own process. */
export interface ProcessSample {
  /** Wall-clock milliseconds. */
  at: number
  service: string
  pid: number
  uptimeMs: number
  rssBytes: number
  /** CPU time of all threads since the process started. */
  cpuMs: number
  settingsRevision: number | null
  settings?: SettingsReport
}

/** Returns a function that reads the process; reading has no side effects. */
export function processSample(
  service: string,
  now: () => number = Date.now,
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
    }
  }
}
