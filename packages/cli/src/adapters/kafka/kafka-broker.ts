import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeCounters, GROUPS, type PartitionProgress, TOPICS } from '@radtune/core/contract'
import type { Admin } from 'kafkajs'
import type { Broker } from '../../ports/broker.ts'

const TIMEOUT_MS = 5_000
const DISCONNECT_MS = 1_000

/**
 * Asks a broker by Kafka's protocol. Connects at the first question and again after a failure. A question that is not
 * answered within `timeoutMs` rejects.
 */
export function createKafkaBroker({
  bootstrap,
  timeoutMs = TIMEOUT_MS,
}: {
  /** host:port */
  bootstrap: string
  timeoutMs?: number
}): Broker {
  let connecting: Promise<Admin> | undefined

  async function disconnect(): Promise<void> {
    const admin = connecting
    connecting = undefined
    // kafkajs waits for answers that may never come, as from a broker that ended in the middle of one.
    const disconnected = admin?.then((connected) => connected.disconnect()).catch(() => undefined)
    await Promise.race([disconnected, delay(DISCONNECT_MS, undefined, { ref: false })])
  }

  return {
    async progress() {
      connecting ??= connect(bootstrap, timeoutMs)
      try {
        return await within(timeoutMs, bootstrap, connecting.then(readProgress))
      } catch (error) {
        void disconnect()
        throw error
      }
    },
    close: disconnect,
  }
}

async function connect(bootstrap: string, timeoutMs: number): Promise<Admin> {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  const { Kafka, logLevel } = await import('kafkajs')
  keepTimersPositive()
  const kafka = new Kafka({
    clientId: 'radtune-cli',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: Math.min(timeoutMs, 2_000),
    requestTimeout: timeoutMs,
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
  })
  const admin = kafka.admin()
  await admin.connect()
  return admin
}

async function readProgress(admin: Admin): Promise<PartitionProgress[]> {
  // Committed offsets first: the ends can only grow after that, so nothing is ever in flight by a negative number.
  const [committed] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
  const ends = await admin.fetchTopicOffsets(TOPICS.input)
  const commits = new Map(committed?.partitions.map((entry) => [entry.partition, entry]) ?? [])
  return ends
    .map(({ partition, low, high }): PartitionProgress => {
      const commit = commits.get(partition)
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

async function within<Answer>(
  timeoutMs: number,
  bootstrap: string,
  question: Promise<Answer>,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Kafka on ${bootstrap} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
  })
  try {
    return await Promise.race([question, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

interface RequestQueue {
  throttledUntil: number
  pending: unknown[]
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

let timersKept = false

/**
 * kafkajs asks for a timer with a negative delay after each answer (its issue 1751): Node 24 warns about it on stderr and
 * fires it after 1 ms, again and again. The queue needs a timer only while requests are held back.
 */
function keepTimersPositive(): void {
  if (timersKept) return
  timersKept = true
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
    prototype: RequestQueue & { scheduleCheckPendingRequests(): void }
  }
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    const throttledMs = this.throttledUntil - Date.now()
    if (this.throttleCheckTimeoutId || (throttledMs <= 0 && this.pending.length === 0)) return
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      Math.max(10, throttledMs),
    )
  }
}
