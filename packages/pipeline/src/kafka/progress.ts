import { decodeCounters, GROUPS, type PartitionProgress, TOPICS } from '@radtune/core/contract'
import type { Admin } from 'kafkajs'
import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'

/** Where the worker group stands in each partition of the input, and where the input begins and ends. */
export interface ProgressReader {
  /** Committed offsets are read before the ends, so that no record counts as processed before it came in. */
  read(): Promise<PartitionProgress[]>
  close(): Promise<void>
}

export function createProgressReader(options: ClientOptions): ProgressReader {
  const admin: Admin = createKafkajs(options).admin({
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 1000 },
  })
  let connection: Promise<void> | undefined
  return {
    async read() {
      connection ??= admin.connect()
      await connection.catch((error) => {
        connection = undefined
        throw error
      })
      return readProgress(admin)
    },
    async close() {
      await connection?.catch(() => undefined)
      await admin.disconnect()
    },
  }
}

/** Reads the progress of all input partitions over a connected admin client. */
export async function readProgress(admin: Admin): Promise<PartitionProgress[]> {
  const [committed] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
  const ends = await admin.fetchTopicOffsets(TOPICS.input)
  return ends
    .map(({ partition, low, high }) => {
      const commit = committed?.partitions.find((entry) => entry.partition === partition)
      const offset = Number(commit?.offset ?? -1)
      return {
        partition,
        low: Number(low),
        end: Number(high),
        committed: offset < 0 ? undefined : offset,
        counters: decodeCounters(commit?.metadata),
      }
    })
    .sort((a, b) => a.partition - b.partition)
}
