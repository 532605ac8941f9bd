import { ENVIRONMENT, GROUPS, stackOutlineSchema, TOPICS } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { readSettings, type SettingValues } from '@radtune/core/settings'
import { type BackendOptions, startBackend } from '../backend/index.ts'
import {
  createDriver,
  createProgressReader,
  type GroupConsumer,
  openLookBack,
  writeSettings,
} from '../kafka/index.ts'
import { createSettingWriter, followPlaybackRequests, followSettings } from '../live-settings/index.ts'
import { runService } from './run-service.ts'

/** While there is nothing new, a fetch waits so long at the broker. */
const FETCH_MAX_WAIT_MS = 500
const FETCH_BYTES = 1024 * 1024
const THRESHOLDS = ['thresholds.moderate', 'thresholds.high', 'thresholds.critical'] as const
const OUTPUTS = [TOPICS.normal, TOPICS.critical]
/** As long as the page shows a sensor that it does not hear of. */
const PAST = { recordsPerTopic: 10_000, ageMs: 600_000, patienceMs: 2000 }

await runService('backend', async ({ service, client, guard, logger, required, writeAccess }) => {
  const { 'consumer.sessionTimeout': sessionTimeoutMs, ...start } = readSettings(process.env, [
    ...THRESHOLDS,
    'backend.fetchMaxWait',
    'consumer.sessionTimeout',
  ])
  const driver = createDriver('hybrid', client)
  const past = openLookBack(client, OUTPUTS, PAST)
  const progress = createProgressReader(client)
  const settings = await followSettings(client, { start, logger })
  const playback = followPlaybackRequests(client, {
    saidAt: () => settings.saidAt('provider.playbackSpeed'),
    logger,
  })
  const consumers = new Map<string, GroupConsumer>()
  const fetchLimits = () => ({
    fetchMinBytes: 1,
    fetchMaxWaitMs: FETCH_MAX_WAIT_MS,
    maxPartitionFetchBytes: FETCH_BYTES,
    gatherMs: settings.values['backend.fetchMaxWait'],
  })
  const backend = await startBackend({
    ...guard,
    service,
    httpAddress: required(ENVIRONMENT.httpAddress),
    statsAddress: required(ENVIRONMENT.statsAddress),
    past,
    writes: {
      access: writeAccess(),
      writeSetting: createSettingWriter({
        settings,
        append: (writes) => writeSettings(client, writes, { retries: 2 }),
      }),
    },
    readings: OUTPUTS.map((topic) => ({
      topic,
      open() {
        const consumer = driver.consumer({
          topic,
          // A group each: members of one kafkajs group must all subscribe to the same topics.
          groupId: `${GROUPS.backend}.${topic}`,
          fromBeginning: false,
          ...fetchLimits(),
          sessionTimeoutMs,
          // Back at once after a kill: as somebody new it would wait for its former self until that one's session ends.
          instanceId: `${service}.${topic}`,
        })
        consumers.set(topic, consumer)
        return consumer
      },
    })),
    progress: () => progress.read(),
    thresholds: thresholdsOf(settings.values),
    settings() {
      const report = settings.report()
      return { ...report, rejected: [...report.rejected, ...playback.rejected] }
    },
    ...systemIn(process.env[ENVIRONMENT.stack], () => ({
      revision: settings.report().revision,
      values: settings.known,
    })),
    logger,
  })
  const apply = () => {
    backend.setThresholds(thresholdsOf(settings.values))
    for (const consumer of consumers.values()) consumer.limitFetches(fetchLimits())
  }
  settings.onChange(apply)
  apply()
  return {
    async close() {
      await Promise.all([playback.close(), settings.close()])
      await backend.close()
      await progress.close()
    },
  }
})

function thresholdsOf(values: Pick<SettingValues, (typeof THRESHOLDS)[number]>) {
  return {
    moderate: values['thresholds.moderate'],
    high: values['thresholds.high'],
    critical: values['thresholds.critical'],
  }
}

/** What the view of the system looks at; nothing when the runtime does not tell. Throws RT-SET-001 for what is no outline. */
function systemIn(
  text: string | undefined,
  settings: NonNullable<BackendOptions['system']>['settings'],
): Pick<BackendOptions, 'system'> {
  if (text === undefined || text === '') return {}
  const outline = stackOutlineSchema.safeParse(parseJson(text))
  if (outline.success) return { system: { outline: outline.data, settings } }
  const [issue] = outline.error.issues
  throw new RadtuneError('RT-SET-001', {
    what: `${ENVIRONMENT.stack} is not the outline of a stack: ${issue?.path.join('.')} ${issue?.message}`,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
