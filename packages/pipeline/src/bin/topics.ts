import { ENVIRONMENT, GROUPS } from '@radtune/core/contract'
import type { TopicSpec } from '@radtune/core/stack'
import { awaitCoordinator, ensureTopics } from '../kafka/index.ts'
import { runService } from './run-service.ts'

/** One shot: makes the topics what the plan says, and sees that groups can be joined; then ends with 0. */
await runService('topics', async ({ bootstrap, service, logger, required }) => {
  const topics = JSON.parse(required(ENVIRONMENT.topics)) as TopicSpec[]
  const log = (entry: { message: string; details: object }) => logger.warn(entry.details, entry.message)
  const client = { bootstrap, clientId: service, log }
  const coordinated = awaitCoordinator(client, Object.values(GROUPS))
  for (const { name, outcome, changes } of await ensureTopics(client, topics)) {
    logger.info({ topic: name, changes }, outcome)
  }
  await coordinated
  process.exit(0)
})
