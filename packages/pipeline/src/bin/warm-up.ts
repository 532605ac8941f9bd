import { warmUpField } from '@radtune/core/contract'
import { warmUpBroker } from '../kafka/index.ts'
import { runService } from './run-service.ts'

/** Round trips after which another one is hardly any faster: measured, the first 100 bring most of it. */
const ROUND_TRIPS = 500
/** On a busy machine even the first round trips take long: no more are begun after this. */
const LONGEST_MS = 5000
/** It gives up after this, whatever the broker does: a slow first minute is better than none. */
const GIVE_UP_MS = 15_000

/** One shot: warms the broker up, tells what it came to, and ends with 0, also when there was nothing to gain. */
await runService('warm-up', async ({ bootstrap, service, logger }) => {
  const log = (entry: { message: string; details: object }) => logger.warn(entry.details, entry.message)
  const giveUp = setTimeout(() => {
    logger.warn(`no end after ${GIVE_UP_MS} ms; going on without`)
    process.exit(0)
  }, GIVE_UP_MS)
  try {
    const warmUp = await warmUpBroker(
      { bootstrap, clientId: service, log },
      { roundTrips: ROUND_TRIPS, longestMs: LONGEST_MS },
    )
    logger.info(warmUpField(warmUp), 'warm')
  } catch (error) {
    logger.warn({ err: error }, 'the broker could not be warmed up; going on without')
  }
  clearTimeout(giveUp)
  process.exit(0)
})
