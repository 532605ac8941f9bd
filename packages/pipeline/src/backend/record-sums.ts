import { type PartitionProgress, type RecordSums, sumRecords } from '@radtune/core/contract'
import type { KafkaSource, ProgressAnswer } from '../system-view/index.ts'

export interface RecordSumsPollerOptions {
  progress(): Promise<PartitionProgress[]>
  log(message: string, details: Record<string, unknown>): void
  now: () => number
  everyMs?: number
}

export interface RecordSumsPoller extends KafkaSource {
  /** Null while Kafka does not answer. */
  current(): RecordSums | null
  /** Partitions whose counters do not match their offsets. */
  mismatches(): number
  /** Why there are no sums, or null. */
  problem(): string | null
  stop(): Promise<void>
}

const EVERY_MS = 1000
/** Sums older than this are no longer shown as current. */
const STALE_MS = 4000

/** Reads the committed counters once a second, one question at a time. */
export function startRecordSumsPoller(options: RecordSumsPollerOptions): RecordSumsPoller {
  const startedAt = options.now()
  let answer: (ProgressAnswer & { sums: RecordSums; mismatches: number }) | undefined
  let failure: string | undefined
  let asking: Promise<void> | undefined
  let reported = false

  async function ask(): Promise<void> {
    try {
      const askedAt = options.now()
      const partitions = await options.progress()
      const { sums, mismatches } = sumRecords(partitions)
      const at = options.now()
      answer = { at, tookMs: at - askedAt, partitions, sums, mismatches: mismatches.length }
      failure = undefined
      if (mismatches.length > 0 && !reported) options.log('counters do not match offsets', { mismatches })
      reported = mismatches.length > 0
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
    }
  }

  const poll = () => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
  }
  const isFresh = () => answer !== undefined && options.now() - answer.at <= STALE_MS
  const timer = setInterval(poll, options.everyMs ?? EVERY_MS)
  poll()
  return {
    newest: () => answer,
    failure: () => failure?.split('\n')[0] ?? null,
    current: () => (isFresh() ? (answer?.sums ?? null) : null),
    mismatches: () => answer?.mismatches ?? 0,
    problem() {
      if (isFresh()) return null
      const silentMs = options.now() - (answer?.at ?? startedAt)
      const seconds = `${Math.round(silentMs / 1000)} s`
      return `no answer from Kafka about committed offsets for ${seconds}${failure ? `: ${failure.split('\n')[0]}` : ''}`
    },
    async stop() {
      clearInterval(timer)
      await asking
    },
  }
}
