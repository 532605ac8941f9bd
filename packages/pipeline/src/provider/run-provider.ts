import { type ProviderSample, TOPICS } from '@radtune/core/contract'
import type { OutputRecord } from '../kafka/index.ts'
import type { Pacer } from './pacing.ts'
import { placeRow, publishRow } from './publish-row.ts'
import type { ResumePoint } from './resume.ts'
import type { RowBatch, RowSource, SourceRow } from './row-source.ts'

/** Where rows go: an accumulator in front of Kafka, or anything else that takes records. */
export interface RowSink {
  /** Takes a record. A promise means "full": nothing more is appended until it resolves. */
  append(topic: string, partition: number, record: OutputRecord): void | Promise<void>
  /** Resolves when all that was appended is acknowledged. */
  flush(): Promise<void>
  /** Records acknowledged since the start, and bytes held now. */
  counts(): { acknowledged: number; queuedBytes: number }
}

/** Time as the provider sees it. */
export interface ProviderClock {
  /** Milliseconds since 1970. */
  wallMs(): number
  /** Milliseconds that only go forward. */
  monotonicMs(): number
  /** Resolves after the time, which may be infinite, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The numbers of `ProviderSample` that are the provider's own. */
export type ProviderNumbers = Omit<
  ProviderSample,
  | 'at'
  | 'service'
  | 'pid'
  | 'uptimeMs'
  | 'rssBytes'
  | 'cpuMs'
  | 'settingsRevision'
  | 'settings'
  | 'playback'
  | 'gaps'
>

export interface Provider {
  /** Publishes until the source ends or the signal aborts; everything appended is flushed either way. Call once. */
  run(signal: AbortSignal): Promise<'finished' | 'stopped'>
  /** Keeps another pace from the next row on, counted from now; a row that waits for the old one waits for this instead. */
  setPacer(pacer: Pacer): void
  /** What happened so far; rates are since the last call. */
  numbers(): ProviderNumbers
}

/** A timer for each row would cost more than the row: at a high rate the rows of a few milliseconds go together. */
const MIN_SLEEP_MS = 4

/**
 * Publishes the rows of a source: skips what earlier runs published, keeps the pace, and stops reading while the sink is
 * full, so that memory does not grow with the data. Rejects with what the source or the sink fails with.
 */
export function createProvider(options: {
  source: RowSource
  sink: RowSink
  resume: ResumePoint
  pacer: Pacer
  /** Of the input topic. */
  partitions: number
  clock: ProviderClock
}): Provider {
  const { source, sink, resume, partitions, clock } = options
  let { pacer } = options
  /** Ends a sleep: the pace has changed, or the run ends. */
  let wake = new AbortController()
  let state: ProviderNumbers['state'] = 'starting'
  let read = 0
  let skipped = 0
  let backPressuredMs = 0
  let waitingSince: number | undefined
  let last = { atMs: clock.monotonicMs(), published: 0 }

  async function publishBatch(batch: RowBatch, signal: AbortSignal): Promise<void> {
    for (const row of batch.rows) {
      read += 1
      const place = placeRow(row, partitions)
      if (
        resume.alreadyPublished(place.partition, { round: batch.round, index: batch.index, row: row.row })
      ) {
        skipped += 1
        continue
      }
      await untilDue(row, signal)
      if (signal.aborted) return
      const { partition, record } = publishRow(
        row,
        { source: batch.source, partitions, sentAtMs: clock.wallMs() },
        place,
      )
      const full = sink.append(TOPICS.input, partition, record)
      if (full) await waitFor(full)
    }
  }

  async function untilDue(row: SourceRow, signal: AbortSignal): Promise<void> {
    for (let asked: Pacer | undefined; asked !== pacer && !signal.aborted; ) {
      asked = pacer
      const waitMs = asked.waitMs(row, clock.monotonicMs())
      if (waitMs <= 0) return
      await clock.sleep(Math.max(waitMs, MIN_SLEEP_MS), wake.signal)
    }
  }

  async function waitFor(full: Promise<void>): Promise<void> {
    waitingSince = clock.monotonicMs()
    try {
      await full
    } finally {
      backPressuredMs += clock.monotonicMs() - waitingSince
      waitingSince = undefined
    }
  }

  async function publishAll(signal: AbortSignal): Promise<void> {
    for await (const batch of source.batches({ resume, signal })) {
      if (signal.aborted) break
      await publishBatch(batch, signal)
      if (signal.aborted) break
    }
  }

  return {
    async run(signal) {
      state = 'running'
      signal.addEventListener('abort', () => wake.abort(), { once: true })
      try {
        try {
          await publishAll(signal)
        } finally {
          await sink.flush()
        }
      } catch (error) {
        state = 'failed'
        throw error
      }
      if (signal.aborted) return 'stopped'
      state = 'finished'
      return 'finished'
    },
    setPacer(next) {
      pacer = next
      wake.abort()
      wake = new AbortController()
    },
    numbers() {
      const nowMs = clock.monotonicMs()
      const { acknowledged, queuedBytes } = sink.counts()
      const seconds = Math.max(0.001, (nowMs - last.atMs) / 1000)
      const waitedMs = backPressuredMs + (waitingSince === undefined ? 0 : nowMs - waitingSince)
      const numbers: ProviderNumbers = {
        state: state === 'running' && pacer.paused ? 'paused' : state,
        source: source.title,
        targetPerSecond: pacer.targetPerSecond,
        recordsPerSecond: (acknowledged - last.published) / seconds,
        read,
        published: acknowledged,
        skipped,
        malformed: source.tally.malformed,
        malformedLines: source.tally.malformedLines,
        replacedBytes: source.tally.replacedBytes,
        queuedBytes,
        backPressuredMs: Math.min(1000, waitedMs / seconds),
      }
      backPressuredMs = 0
      if (waitingSince !== undefined) waitingSince = nowMs
      last = { atMs: nowMs, published: acknowledged }
      return numbers
    },
  }
}

/** The clock of the machine. */
export const systemClock: ProviderClock = {
  wallMs: Date.now,
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined
      signal.addEventListener('abort', done, { once: true })
    })
  },
}
