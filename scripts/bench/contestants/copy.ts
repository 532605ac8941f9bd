import process from 'node:process'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import type { SettingValues } from '@radtune/core/settings'
import { Accumulator, createDriver } from '../../../packages/pipeline/src/kafka/index.ts'

/*
 * The floor of a driver: one slot that only copies each record to the same partition of an output, with the plan's batches,
 * linger and compression, and commits what is acknowledged. Argument: the driver.
 */
const driverName = process.argv[2] as SettingValues['pipeline.driver']
const bootstrap = process.env.KAFKA_BOOTSTRAP_SERVERS ?? ''
const COMMIT_MS = 100

const driver = createDriver(driverName, { bootstrap, clientId: 'copy', log: () => undefined })
const producer = driver.producer()
await producer.connect()
const fail = (error: Error) => {
  console.error(error)
  process.exit(1)
}
const accumulator = new Accumulator({
  producer,
  lanes: { [TOPICS.normal]: { batchBytes: 32_768, lingerMs: 10, compression: 'snappy' } },
  bufferBytes: 64 * 1024 * 1024,
  onFailure: fail,
})
const next = new Map<number, number>()
const consumer = driver.consumer({
  topic: TOPICS.input,
  groupId: GROUPS.worker,
  fromBeginning: true,
  fetchMinBytes: 1,
  fetchMaxWaitMs: 500,
  maxPartitionFetchBytes: 1024 * 1024,
  sessionTimeoutMs: 30_000,
})
await consumer.start({
  onAssigned: () => undefined,
  onRebalancing: () => undefined,
  async onBatch({ partition, records, lastOffset }) {
    for (const { key, value } of records) {
      if (value) accumulator.append(TOPICS.normal, partition, { key, value, headers: [] })
    }
    next.set(partition, lastOffset + 1)
    if (accumulator.full) await accumulator.space()
  },
  onFetch: () => undefined,
  onFailure: fail,
})
let committing = false
setInterval(async () => {
  if (committing || next.size === 0) return
  committing = true
  const offsets = [...next].map(([partition, offset]) => ({ partition, offset, metadata: '' }))
  await accumulator.settled()
  await consumer.commit(offsets).catch(() => undefined)
  committing = false
}, COMMIT_MS)
process.on('SIGTERM', async () => {
  await consumer.stop()
  process.exit(0)
})
