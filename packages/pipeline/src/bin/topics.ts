import { ENVIRONMENT, GROUPS } from '@radtune/core/contract'
import type { TopicSpec } from '@radtune/core/stack'
import { awaitCoordinator, ensureTopics, publishSettings } from '../kafka/index.ts'
import { runService } from './run-service.ts'

/** One shot: makes the topics what the plan says, that of the live settings included, and sees that groups can be joined. */
await runService('topics', async ({ client, logger, required }) => {
  const topics = JSON.parse(required(ENVIRONMENT.topics)) as TopicSpec[]
  const coordinated = awaitCoordinator(client, Object.values(GROUPS))
  for (const { name, outcome, changes } of await ensureTopics(client, topics))
    logger.info({ topic: name, changes }, outcome)
  const settings = process.env[ENVIRONMENT.settings]
  if (settings) {
    const written = await publishSettings(client, JSON.parse(settings), { by: 'radtune up', at: Date.now() })
    logger.info({ written: written.map(({ key }) => key) }, 'settings topic says what the plan says')
  }
  await coordinated
  process.exit(0)
})
