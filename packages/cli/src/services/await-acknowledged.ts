import type { SettingsReport } from '@radtune/core/contract'
import { printSettingValue, type SettingKey, type SettingReader, settings } from '@radtune/core/settings'
import type { Launch } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { statsPort } from './await-records.ts'

/** Whether one service runs by the settings that were written. */
export interface Acknowledgement {
  service: string
  /** As the service reports it; null when it does not answer or has read nothing. */
  revision: number | null
  acknowledged: boolean
  /** Why it is not acknowledged; null when it is. */
  why: string | null
}

const POLL_MS = 200

/**
 * Waits until every service that reads one of `values` reports `revision` or later and runs by them, at most `timeoutMs`.
 * Returns early when a service rejects a value. Rejects with the signal's reason.
 */
export async function awaitAcknowledged(
  { clock, stats }: Pick<StackWorld, 'clock' | 'stats'>,
  {
    launch,
    revision,
    values,
    timeoutMs,
    signal,
  }: {
    launch: Launch
    revision: number
    values: Readonly<Partial<Record<SettingKey, number | string>>>
    timeoutMs: number
    signal: AbortSignal
  },
): Promise<Acknowledgement[]> {
  const readers = launch.spec.services.filter(({ role }) => keysOf(role, values).length > 0)
  const giveUpAt = clock.now() + timeoutMs
  for (;;) {
    const judged = await Promise.all(
      readers.map(async ({ name, role }) => {
        const report = await stats.settings(statsPort(launch, name))
        if (!report.known) return { ...notYet(name, report.why), final: false }
        const wanted = keysOf(role, values).map((key) => [key, values[key]] as [SettingKey, string | number])
        return judge(name, { report: report.value, revision, wanted })
      }),
    )
    const settled = judged.every(({ acknowledged, final }) => acknowledged || final)
    if (settled || clock.now() >= giveUpAt)
      return judged.map(({ final: _, ...acknowledgement }) => acknowledgement)
    await clock.sleep(POLL_MS, signal)
  }
}

function keysOf(role: SettingReader, values: Readonly<Partial<Record<SettingKey, unknown>>>): SettingKey[] {
  return (Object.keys(values) as SettingKey[]).filter((key) =>
    (settings[key].readers as readonly SettingReader[]).includes(role),
  )
}

function judge(
  service: string,
  {
    report,
    revision,
    wanted,
  }: { report: SettingsReport; revision: number; wanted: readonly [SettingKey, string | number][] },
): Acknowledgement & { final: boolean } {
  if (report.revision === null || report.revision < revision) {
    const why = report.problem
      ? `does not follow the settings topic: ${report.problem}`
      : 'has not taken it up'
    return { ...notYet(service, why, report.revision), final: false }
  }
  const other = wanted.find(([key, value]) => report.applied[key] !== value)
  if (!other) return { service, revision: report.revision, acknowledged: true, why: null, final: false }
  const [key] = other
  const rejected = report.rejected.find((entry) => entry.key === key)
  if (rejected) return { ...notYet(service, `rejects ${key}: ${rejected.why}`, report.revision), final: true }
  const runs = report.applied[key]
  const shown = runs === undefined ? 'nothing' : printSettingValue(key, runs as never)
  return { ...notYet(service, `runs by ${key} = ${shown}`, report.revision), final: false }
}

function notYet(service: string, why: string, revision: number | null = null): Acknowledgement {
  return { service, revision, acknowledged: false, why }
}
