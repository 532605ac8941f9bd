import { TOPICS } from '@radtune/core/contract'
import { projectSettings, type SettingValues, type SettingWrite } from '@radtune/core/settings'
import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { followTopic } from './topic-follower.ts'

const PATIENCE_MS = 30_000

/**
 * Makes the settings topic say exactly `wanted`, before anyone follows it: writes what differs, takes out what is not wanted,
 * and nothing when it says so already. Returns what was written. Throws when the topic cannot be read.
 */
export async function publishSettings(
  client: ClientOptions,
  wanted: Partial<SettingValues>,
  { by, at }: { by: string; at: number },
): Promise<readonly SettingWrite[]> {
  const writes = projectSettings(wanted, { found: await readTopic(client), by, at })
  if (writes.length > 0) await writeSettings(client, writes)
  return writes
}

/**
 * Appends records to the settings topic, in one batch, and returns the offset of the last. Keeps trying while Kafka is away unless
 * `retries` says how often.
 */
export async function writeSettings(
  client: ClientOptions,
  writes: readonly SettingWrite[],
  { retries }: { retries?: number } = {},
): Promise<number> {
  const kafka = createKafkajs(client, retries === undefined ? {} : { retries })
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    const messages = writes.map(({ key, value }) => ({ key, value, partition: 0 }))
    const [answer] = await producer.send({ topic: TOPICS.settings, acks: -1, messages })
    return Number(answer?.baseOffset) + writes.length - 1
  } finally {
    await producer.disconnect()
  }
}

async function readTopic(client: ClientOptions): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let problem: string | null = null
  const follower = followTopic(
    client,
    { topic: TOPICS.settings, from: 'beginning' },
    {
      onRecords(records) {
        for (const { key, value } of records) {
          if (value === null) found.delete(key ?? '')
          else found.set(key ?? '', value)
        }
      },
      onReset: () => found.clear(),
      onProblem(now) {
        problem = now
      },
    },
  )
  try {
    if (await follower.caughtUp(PATIENCE_MS)) return found
    throw new Error(`${TOPICS.settings} cannot be read: ${problem ?? 'no answer'}`)
  } finally {
    await follower.close()
  }
}
