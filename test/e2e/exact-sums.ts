import { setTimeout as delay } from 'node:timers/promises'
import type { RecordSums } from '@radtune/core/contract'
import { countTopics, type TopicCounts } from './count-topics.ts'
import { runJson } from './radtune.ts'
import { readLaunch, readPids } from './read-stack.ts'

const LONGEST_MS = 60_000

/**
 * Holds the provider, waits until all that it has sent is processed, and counts: by what the slots committed, and record by record
 * in the topics. The provider goes on afterwards.
 */
export async function exactSums(project: string): Promise<{ sums: RecordSums; counts: TopicCounts }> {
  const { provider } = await readPids(project)
  if (provider === undefined) throw new Error('the provider does not run')
  process.kill(provider, 'SIGSTOP')
  try {
    const sums = await processed(project)
    const { ports } = await readLaunch(project)
    return { sums, counts: await countTopics(`127.0.0.1:${ports.kafka}`) }
  } finally {
    process.kill(provider, 'SIGCONT')
  }
}

async function processed(project: string): Promise<RecordSums> {
  for (const giveUpAt = Date.now() + LONGEST_MS; Date.now() < giveUpAt; await delay(500)) {
    const { records } = (await runJson(project, ['status'])).document.data
    if (records?.inFlight === 0) return records
  }
  throw new Error(`records are in flight after ${LONGEST_MS / 1000} s without new ones`)
}
