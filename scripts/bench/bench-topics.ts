import { setTimeout as delay } from 'node:timers/promises'
import { GROUPS, OUTPUT_TOPICS, TOPICS } from '@radtune/core/contract'
import kafkajs, { type Admin } from 'kafkajs'
import { removeMembers } from '../../packages/pipeline/src/kafka/index.ts'

/** The topics of a benchmark's broker, seen from outside of everything that is measured. */
export interface BenchTopics {
  /** Makes the input anew, empty. */
  clearInput(): Promise<void>
  /** Makes the outputs anew and forgets the group, so that the next contestant begins at the start. */
  clearOutputs(): Promise<void>
  /** Records in the input. */
  published(): Promise<number>
  /** Records of the input up to the committed offsets. */
  committed(): Promise<number>
  /** Offsets in the three outputs: records, and the markers of transactions. */
  written(): Promise<number>
  close(): Promise<void>
}

export const PARTITIONS = 6

export async function openBenchTopics(bootstrap: string): Promise<BenchTopics> {
  const kafka = new kafkajs.Kafka({
    brokers: [bootstrap],
    clientId: 'bench',
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  const sumOfEnds = async (topics: readonly string[]) => {
    let sum = 0
    for (const topic of topics)
      for (const { high } of await admin.fetchTopicOffsets(topic)) sum += Number(high)
    return sum
  }
  return {
    clearInput: () => makeAnew(admin, [TOPICS.input]),
    async clearOutputs() {
      await makeAnew(admin, OUTPUT_TOPICS)
      await forgetGroup(admin, bootstrap)
    },
    published: () => sumOfEnds([TOPICS.input]),
    async committed() {
      const [offsets] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
      return (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
    },
    written: () => sumOfEnds(OUTPUT_TOPICS),
    close: () => admin.disconnect(),
  }
}

async function makeAnew(admin: Admin, topics: readonly string[]): Promise<void> {
  const existing = await admin.listTopics()
  const old = topics.filter((topic) => existing.includes(topic))
  if (old.length > 0) await admin.deleteTopics({ topics: old })
  const request = {
    topics: topics.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 })),
  }
  await retried(() => admin.createTopics(request))
}

/** A group can be deleted once it is empty; slots are static members, which stay after their process has ended. */
async function forgetGroup(admin: Admin, bootstrap: string): Promise<void> {
  const { groups } = await admin.listGroups()
  if (!groups.some(({ groupId }) => groupId === GROUPS.worker)) return
  const client = { bootstrap, clientId: 'bench', log: () => undefined }
  await retried(async () => {
    await removeMembers(client, GROUPS.worker, () => true)
    await admin.deleteGroups([GROUPS.worker])
  })
}

async function retried(act: () => Promise<unknown>): Promise<void> {
  for (let left = 50; ; left -= 1) {
    try {
      await act()
      return
    } catch (error) {
      if (left === 0) throw error
      await delay(200)
    }
  }
}
