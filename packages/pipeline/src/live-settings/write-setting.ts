import { type SettingWritten, WRITTEN_BY_PAGE } from '@radtune/core/contract'
import { type CheckedWrite, checkWrite, type SettingWrite, settingRecordValue } from '@radtune/core/settings'
import type { LiveSettings } from './follow-settings.ts'

/** What became of a wish to change a setting: written, refused for what it is, or not taken by Kafka. */
export type WriteOutcome =
  | { ok: true; written: SettingWritten }
  | Extract<CheckedWrite, { ok: false }>
  | { ok: false; fails: 'kafka'; problem: string }

export type SettingWriter = (key: string, raw: unknown) => Promise<WriteOutcome>

export interface SettingWriterOptions {
  settings: Pick<LiveSettings<never>, 'known' | 'reached'>
  /** Appends to the settings topic and returns the offset of the last record. */
  append(writes: readonly SettingWrite[]): Promise<number>
  now?: () => number
  patienceMs?: number
}

/** Whoever asked is still there. */
const PATIENCE_MS = 4000

/**
 * Changes live settings through the settings topic, one at a time: each is checked against what is in force once the one before it is,
 * so that two wishes that contradict each other cannot both be written.
 */
export function createSettingWriter({
  settings,
  append,
  now = Date.now,
  patienceMs = PATIENCE_MS,
}: SettingWriterOptions): SettingWriter {
  let before: Promise<unknown> = Promise.resolve()

  async function write(key: string, raw: unknown): Promise<WriteOutcome> {
    const checked = checkWrite(key, { raw, inForce: settings.known })
    if (!checked.ok) return checked
    const value = settingRecordValue({ value: checked.value, by: WRITTEN_BY_PAGE, at: now() })
    const appended = await within(patienceMs, append([{ key: checked.key, value }]))
    if ('problem' in appended) return { ok: false, fails: 'kafka', ...appended }
    const { revision } = appended
    await settings.reached(revision, patienceMs)
    return { ok: true, written: { key: checked.key, value: checked.value, revision } }
  }

  return (key, raw) => {
    const outcome = before.then(() => write(key, raw))
    before = outcome.catch(() => undefined)
    return outcome
  }
}

async function within(
  patienceMs: number,
  appending: Promise<number>,
): Promise<{ revision: number } | { problem: string }> {
  const { promise: late, resolve } = Promise.withResolvers<{ problem: string }>()
  const timer = setTimeout(() => {
    const problem = `Kafka did not confirm the setting within ${patienceMs / 1000} s; it may come into force yet`
    resolve({ problem })
  }, patienceMs)
  const answered = appending.then(
    (revision) => ({ revision }),
    (error: unknown) => ({
      problem: `Kafka does not take the setting: ${error instanceof Error ? error.message : error}`,
    }),
  )
  try {
    return await Promise.race([answered, late])
  } finally {
    clearTimeout(timer)
  }
}
