import type { ConsumerHandlers, GroupConsumer, Positions } from '../kafka/index.ts'

/** Where the backend gets the records of one output topic from. */
export interface ReadingSource {
  topic: string
  /** A consumer that has not been started; asked for again when the previous one is lost. */
  open(): Pick<GroupConsumer, 'start' | 'seek' | 'stop'>
}

export interface ReadingFeedOptions {
  sources: readonly ReadingSource[]
  onBatch(batch: Parameters<ConsumerHandlers['onBatch']>[0]): void
  log(message: string, details: Record<string, unknown>): void
  now: () => number
  /** Where to begin; a partition that is not told begins at its end. */
  from?: Promise<Positions> | undefined
  restartDelayMs?: number
}

export interface ReadingFeed {
  /** Why no readings can arrive, or null: every consumer has its partitions and hears from the broker. */
  problem(): string | null
  stop(): Promise<void>
}

/** A fetch is answered within half a second even when there is nothing new; a longer silence means that Kafka is away. */
const SILENCE_MS = 4000
const RESTART_DELAY_MS = 2000

/**
 * Consumes all sources until stopped. A consumer that is lost is opened again; one that gets its partitions back goes on
 * where it was, so that a broker's restart leaves no gap.
 */
export function startReadingFeed(options: ReadingFeedOptions): ReadingFeed {
  const readers = options.sources.map((source) => startReader(source, options))
  return {
    problem: () => readers.map((reader) => reader.problem()).find((problem) => problem !== null) ?? null,
    async stop() {
      await Promise.all(readers.map((reader) => reader.stop()))
    },
  }
}

function startReader(source: ReadingSource, options: ReadingFeedOptions): ReadingFeed {
  const { topic } = source
  const { now } = options
  const positions = new Map<number, number>()
  let consumer = source.open()
  let starting: Promise<void> = Promise.resolve()
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  let failure: string | undefined
  let assigned = false
  let lastFetchAt: number | undefined

  const handlersOf = (current: typeof consumer): ConsumerHandlers => ({
    onAssigned(partitions) {
      assigned = partitions.length > 0
      for (const partition of partitions) {
        const position = positions.get(partition)
        if (position !== undefined) current.seek(partition, position)
      }
    },
    onRebalancing() {
      assigned = false
    },
    async onBatch(batch) {
      if (stopped || batch.count === 0) return
      options.onBatch(batch)
      positions.set(batch.partition, batch.lastOffset + 1)
      lastFetchAt = now()
    },
    onFetch() {
      failure = undefined
      lastFetchAt = now()
    },
    onFailure(error) {
      if (current === consumer) lose(error)
    },
  })

  function run(): void {
    const current = consumer
    starting = current.start(handlersOf(current)).catch((error) => {
      if (current === consumer) lose(error)
    })
  }

  function lose(error: unknown): void {
    if (stopped || retry) return
    failure = error instanceof Error ? error.message : String(error)
    assigned = false
    options.log('lost the consumer, opening it again', { topic, reason: failure })
    const lost = consumer
    retry = setTimeout(() => {
      retry = undefined
      void lost.stop().catch(() => undefined)
      consumer = source.open()
      run()
    }, options.restartDelayMs ?? RESTART_DELAY_MS)
  }

  if (options.from)
    starting = options.from.then((told) => {
      for (const [partition, position] of told.get(topic) ?? []) positions.set(partition, position)
      if (!stopped) run()
      return starting
    })
  else run()
  return {
    problem() {
      if (failure !== undefined) return `the consumer of ${topic} is lost: ${failure.split('\n')[0]}`
      if (!assigned) return `the consumer of ${topic} has no partitions yet`
      if (lastFetchAt === undefined) return `no answer from Kafka yet about ${topic}`
      const silentMs = now() - lastFetchAt
      if (silentMs > SILENCE_MS)
        return `no answer from Kafka about ${topic} for ${Math.round(silentMs / 1000)} s`
      return null
    },
    async stop() {
      stopped = true
      clearTimeout(retry)
      await starting
      await consumer.stop()
    },
  }
}
