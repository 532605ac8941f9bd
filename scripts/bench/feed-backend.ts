import { PerformanceObserver } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { GCProfiler } from 'node:v8'
import { TOPICS } from '@radtune/core/contract'
import { type ReadingSource, startBackend } from '../../packages/pipeline/src/backend/index.ts'
import type { ConsumerHandlers, InputBatch } from '../../packages/pipeline/src/kafka/index.ts'
import { readBatchHeads, readRecords } from '../../packages/pipeline/src/kafka/record-batch.ts'
import { type EncodedOutput, encodeOutputs } from './encoded-outputs.ts'

/*
 * A backend with everything but Kafka, fed with encoded records. Arguments: records, records per second (0: as fast as possible),
 * WebSocket clients. Prints a `FeedCost` as JSON.
 */
export interface FeedCost {
  records: number
  recordsPerSecond: number
  cpuMicrosPerRecord: number
  allocatedBytesPerRecord: number
  promotedBytesPerSecond: number
  collections: number
  longestCollectionMs: number
  collectionShare: number
  heapUsedBytes: number
  residentBytes: number
}

const [records = 0, rate = 0, clients = 0] = process.argv.slice(2).map(Number)
/** As often as fetches come back. */
const FEED_EVERY_MS = 5
/** Of a run, left out: compilation, and a state that still fills. */
const WARM_SHARE = 0.25

const outputs = encodeOutputs(records)
const handlers = new Map<string, ConsumerHandlers>()
const backend = await startBackend({
  service: 'backend',
  httpAddress: '127.0.0.1:0',
  statsAddress: '127.0.0.1:0',
  readings: [TOPICS.normal, TOPICS.critical].map(sourceOf),
  progress: async () => [],
  thresholds: { moderate: 50, high: 200, critical: 1000 },
  logger: { info: () => undefined, warn: (details, message) => console.error(message, details) },
})
const sockets = Array.from({ length: clients }, () => new WebSocket(`ws://127.0.0.1:${backend.httpPort}/ws`))
await delay(200)

const warm = Math.floor(outputs.length * WARM_SHARE)
await feed(outputs.slice(0, warm))
const cost = await measure(() => feed(outputs.slice(warm)))
console.log(JSON.stringify(cost))
for (const socket of sockets) socket.close()
await backend.close()
process.exit(0)

function sourceOf(topic: string): ReadingSource {
  return {
    topic,
    open: () => ({
      async start(given) {
        handlers.set(topic, given)
        given.onAssigned([0], false)
      },
      seek: () => undefined,
      stop: async () => undefined,
    }),
  }
}

async function feed(given: readonly EncodedOutput[]): Promise<number> {
  const startedAt = performance.now()
  let fed = 0
  let slice = 0
  for (const output of given) {
    const dueAt = rate > 0 ? startedAt + (fed / rate) * 1000 : 0
    if (dueAt > performance.now()) await delay(Math.max(FEED_EVERY_MS, dueAt - performance.now()))
    else if (rate === 0 && ++slice % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
    await handlers.get(output.topic)?.onBatch(inputBatch(output))
    fed += output.records
  }
  return fed
}

function inputBatch({ topic, partition, bytes, records: count }: EncodedOutput): InputBatch {
  const [head] = readBatchHeads(bytes)
  if (!head) throw new Error('no batch')
  return {
    topic,
    partition,
    records: readRecords(head),
    count,
    firstOffset: 0,
    lastOffset: count - 1,
    bytes: bytes.length,
    endOffset: count,
  }
}

async function measure(act: () => Promise<number>): Promise<FeedCost> {
  let longest = 0
  let collecting = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      longest = Math.max(longest, duration)
      collecting += duration
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  const profiler = new GCProfiler()
  profiler.start()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const fed = await act()
  const elapsedMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  const { statistics } = profiler.stop()
  await delay(50)
  observer.disconnect()
  let allocated = 0
  let promoted = 0
  let youngAfter: number | undefined
  for (const { gcType, beforeGC, afterGC } of statistics) {
    if (youngAfter !== undefined) allocated += young(beforeGC) - youngAfter
    youngAfter = young(afterGC)
    if (gcType === 'Scavenge') promoted += Math.max(0, old(afterGC) - old(beforeGC))
  }
  return {
    records: fed,
    recordsPerSecond: fed / (elapsedMs / 1000),
    cpuMicrosPerRecord: (user + system) / fed,
    allocatedBytesPerRecord: allocated / fed,
    promotedBytesPerSecond: promoted / (elapsedMs / 1000),
    collections: statistics.length,
    longestCollectionMs: longest,
    collectionShare: collecting / elapsedMs,
    heapUsedBytes: process.memoryUsage().heapUsed,
    residentBytes: process.memoryUsage().rss,
  }
}

type HeapOfGc = ReturnType<GCProfiler['stop']>['statistics'][number]['beforeGC']

function used({ heapSpaceStatistics }: HeapOfGc, spaces: readonly string[]): number {
  return heapSpaceStatistics
    .filter(({ spaceName }) => spaces.includes(spaceName))
    .reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0)
}

function young(heap: HeapOfGc): number {
  return used(heap, ['new_space', 'new_large_object_space'])
}

function old(heap: HeapOfGc): number {
  return used(heap, ['old_space', 'large_object_space'])
}
