import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'

/** Longest wait for an answer of a broker on this machine. */
export const TIMEOUT_MS = 5_000

/** A kafkajs client that gives up soon and says nothing. Loaded when asked for: most commands need none. */
export async function createClient(bootstrap: string, timeoutMs: number): Promise<Kafka> {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  const { Kafka, logLevel } = await import('kafkajs')
  keepTimersPositive()
  return new Kafka({
    clientId: 'radtune-cli',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: Math.min(timeoutMs, 2_000),
    requestTimeout: timeoutMs,
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
  })
}

/** Rejects when a question is not answered in time. */
export async function within<Answer>(
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
