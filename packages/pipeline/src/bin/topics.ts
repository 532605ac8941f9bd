import { ENVIRONMENT } from '@radtune/core/contract'
import type { TopicSpec } from '@radtune/core/stack'
import { ensureTopics } from '../kafka/index.ts'
import { runService } from './run-service.ts'

/** One shot: makes the topics what the plan says, then ends with 0. */
await runService('topics', async ({ bootstrap, service, logger, required }) => {
  const topics = JSON.parse(required(ENVIRONMENT.topics)) as TopicSpec[]
  const log = (entry: { message: string; details: object }) => logger.warn(entry.details, entry.message)
  for (const { name, outcome, changes } of await ensureTopics(
    { bootstrap, clientId: service, log },
    topics,
  )) {
    logger.info({ topic: name, changes }, outcome)
  }
  process.exit(0)
})
