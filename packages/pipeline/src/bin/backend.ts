import { ENVIRONMENT, GROUPS, TOPICS } from '@radtune/core/contract'
import { readSettings } from '@radtune/core/settings'
import { startBackend } from '../backend/index.ts'
import { createDriver, createProgressReader } from '../kafka/index.ts'
import { runService } from './run-service.ts'

const FETCH_MAX_WAIT_MS = 500
const FETCH_BYTES = 1024 * 1024

await runService('backend', async ({ service, bootstrap, logger, required }) => {
  const settings = readSettings(process.env, [
    'thresholds.moderate',
    'thresholds.high',
    'thresholds.critical',
    'consumer.sessionTimeout',
  ])
  const log = (entry: { message: string; details: object }) => logger.warn(entry.details, entry.message)
  const client = { bootstrap, clientId: service, log }
  const driver = createDriver('kafkajs', client)
  const progress = createProgressReader(client)
  const backend = await startBackend({
    service,
    httpAddress: required(ENVIRONMENT.httpAddress),
    statsAddress: required(ENVIRONMENT.statsAddress),
    readings: [TOPICS.normal, TOPICS.critical].map((topic) => ({
      topic,
      open: () =>
        driver.consumer({
          topic,
          // A group each: members of one kafkajs group must all subscribe to the same topics.
          groupId: `${GROUPS.backend}.${topic}`,
          fromBeginning: false,
          fetchMinBytes: 1,
          fetchMaxWaitMs: FETCH_MAX_WAIT_MS,
          maxPartitionFetchBytes: FETCH_BYTES,
          sessionTimeoutMs: settings['consumer.sessionTimeout'],
          // Back at once after a kill: as somebody new it would wait for its former self until that one's session ends.
          instanceId: `${service}.${topic}`,
        }),
    })),
    progress: () => progress.read(),
    thresholds: {
      moderate: settings['thresholds.moderate'],
      high: settings['thresholds.high'],
      critical: settings['thresholds.critical'],
    },
    logger,
  })
  return {
    async close() {
      await backend.close()
      await progress.close()
    },
  }
})
