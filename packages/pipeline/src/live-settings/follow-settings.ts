import { type SettingsReport, TOPICS } from '@radtune/core/contract'
import { type SettingKey, SettingsView, type SettingValues } from '@radtune/core/settings'
import { type ClientOptions, followTopic } from '../kafka/index.ts'

/** The live settings of a service, kept up with the settings topic. */
export interface LiveSettings<Key extends SettingKey> {
  /** In force now. */
  readonly values: Readonly<Pick<SettingValues, Key>>
  /** Calls `apply` with all values after each change. */
  onChange(apply: (values: Readonly<Pick<SettingValues, Key>>, changed: readonly Key[]) => void): void
  /** A value could not be applied: `value` is in force instead, and the report says why. */
  reject(key: Key, rejected: { why: string; value: SettingValues[Key] }): void
  /** When the newest valid record of any setting was said, wall-clock milliseconds; undefined when there is none. */
  saidAt(key: SettingKey): number | undefined
  /** Of all settings, also those that this service does not read: in force here, else what the topic says. */
  readonly known: Partial<SettingValues>
  /** Resolves when everything up to an offset of the topic is applied, or after `patienceMs`; false in the second case. */
  reached(revision: number, patienceMs: number): Promise<boolean>
  report(): SettingsReport
  close(): Promise<void>
}

/** Start-up does not wait longer than this for the topic. */
const PATIENCE_MS = 10_000

/**
 * Reads the settings topic to its end over the values that the service was started with, then follows it. When the topic is
 * missing or Kafka does not answer in time, the service goes on with its start values, says so, and takes up the topic when
 * it comes. One reader for a process, outside of any group.
 */
export async function followSettings<Key extends SettingKey>(
  client: ClientOptions,
  {
    start,
    logger,
    patienceMs = PATIENCE_MS,
  }: {
    /** What the service was started with: only these settings concern it. */
    start: Readonly<Pick<SettingValues, Key>>
    logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
    patienceMs?: number
  },
): Promise<LiveSettings<Key>> {
  const view = new SettingsView(start)
  let revision: number | null = null
  let problem: string | null = null
  let waiting: { revision: number; resolve: (reached: boolean) => void }[] = []
  let apply: Parameters<LiveSettings<Key>['onChange']>[0] = () => undefined

  const tell = (changed: readonly Key[]): void => {
    if (changed.length === 0) return
    const values = Object.fromEntries(changed.map((key) => [key, view.values[key]]))
    logger.info({ revision, ...values }, 'settings changed')
    apply(view.values, changed)
  }
  const follower = followTopic(
    client,
    { topic: TOPICS.settings, from: 'beginning' },
    {
      onRecords(records, next) {
        revision = next > 0 ? next - 1 : null
        const known = new Set(view.rejected.map(({ offset }) => offset))
        const changed = view.take(records)
        for (const { key, why, offset } of view.rejected)
          if (!known.has(offset))
            logger.warn({ key, why, offset }, 'a record of the settings topic is ignored')
        tell(changed)
        const reached = waiting.filter((one) => one.revision < next)
        waiting = waiting.filter((one) => one.revision >= next)
        for (const { resolve } of reached) resolve(true)
      },
      onReset() {
        const before = view.values
        view.forget()
        revision = null
        tell((Object.keys(start) as Key[]).filter((key) => before[key] !== view.values[key]))
      },
      onProblem(now) {
        problem = now
        if (now) logger.warn({ reason: now }, 'the settings topic is not being followed')
      },
    },
  )
  if (!(await follower.caughtUp(patienceMs)))
    logger.warn({ reason: problem ?? 'no answer' }, 'started without the settings topic')
  return {
    get values() {
      return view.values
    },
    onChange(listener) {
      apply = listener
    },
    reject: (key, rejected) => view.reject(key, rejected),
    saidAt: (key) => view.saidAt(key),
    get known() {
      return view.known
    },
    reached(wanted, patience) {
      if (revision !== null && revision >= wanted) return Promise.resolve(true)
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const timer = setTimeout(resolve, patience, false)
      waiting.push({ revision: wanted, resolve })
      return promise.finally(() => clearTimeout(timer))
    },
    report: () => ({ revision, applied: { ...view.values }, rejected: [...view.rejected], problem }),
    close: () => follower.close(),
  }
}
