import type { BatchProducer, Compression, OutputBatch, OutputRecord } from './driver.ts'

/** How the records of one lane (a set of topics with the same producer settings) are batched. */
export interface LaneOptions {
  /** Bytes at which the batch of a partition is sent at once. */
  batchBytes: number
  /** Longest wait for a batch to fill. */
  lingerMs: number
  compression: Compression
}

export interface AccumulatorOptions {
  producer: BatchProducer
  /** By topic; a topic without a lane is refused. */
  lanes: Readonly<Record<string, LaneOptions>>
  /** Bytes held, sent ones included until they are acknowledged, from which `full` is true. */
  bufferBytes: number
  /** The producer has given up on a batch for good: what was appended since is lost with it. */
  onFailure: (error: Error) => void
  /** Called for each acknowledged batch with the time since its first record was appended. */
  onAcknowledged?: (batch: { records: number; bytes: number; ageMs: number }) => void
  clock?: () => number
}

/** What the accumulator did since its start, and what it holds now. */
export interface AccumulatorCounts {
  batches: number
  records: number
  bytes: number
  /** Σ of bytes ÷ batch size over the batches, so fill = `filled ÷ batches`. */
  filled: number
  queuedBytes: number
}

interface OpenBatch extends OutputBatch {
  lane: LaneOptions
  /** Which lanes it was opened under, counting their changes. */
  epoch: number
  /** Counts up in the order of opening. */
  id: number
  bytes: number
  openedAt: number
}

/** Bytes of a record beside its key and value: lengths, deltas, header framing. Only batch sizing rests on it. */
const RECORD_OVERHEAD_BYTES = 24
/** A request stays below the broker's default `message.max.bytes` × partitions and keeps single answers short. */
const MAX_REQUEST_BYTES = 1024 * 1024

/**
 * Gathers records per partition and sends them as the Java producer would: a batch goes when it is full or when its
 * linger is over, and everything that is ready shares one request. One request is in flight at a time, so the order
 * within a partition holds through retries.
 */
export class Accumulator {
  readonly counts: AccumulatorCounts = { batches: 0, records: 0, bytes: 0, filled: 0, queuedBytes: 0 }
  readonly #options: AccumulatorOptions
  readonly #now: () => number
  #lanes: AccumulatorOptions['lanes']
  #bufferBytes: number
  #epoch = 0
  readonly #open = new Map<string, Map<number, OpenBatch>>()
  #ready: OpenBatch[] = []
  #sending = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #failure: Error | undefined
  #opened = 0
  /** Opened and not yet acknowledged, oldest first. */
  readonly #outstanding = new Set<OpenBatch>()
  #waiters: { upTo: number; resolve: () => void; reject: (error: Error) => void }[] = []
  #spaceWaiters: { resolve: () => void; reject: (error: Error) => void }[] = []

  constructor(options: AccumulatorOptions) {
    this.#options = options
    this.#lanes = options.lanes
    this.#bufferBytes = options.bufferBytes
    this.#now = options.clock ?? (() => performance.now())
  }

  /** Whether callers should await `space` before they append more. */
  get full(): boolean {
    return this.counts.queuedBytes >= this.#bufferBytes
  }

  /** Adds a record to the batch of its partition. Throws after a failure. */
  append(topic: string, partition: number, record: OutputRecord): void {
    if (this.#failure) throw this.#failure
    const batch = this.#batchOf(topic, partition)
    const bytes = sizeOf(record)
    batch.records.push(record)
    batch.bytes += bytes
    this.counts.queuedBytes += bytes
    if (batch.bytes >= batch.lane.batchBytes) this.#close(batch)
  }

  /** Resolves once there is space again. */
  space(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (!this.full) return Promise.resolve()
    this.flush()
    return new Promise((resolve, reject) => this.#spaceWaiters.push({ resolve, reject }))
  }

  /** Changes lanes and buffer for what is appended from now on; open batches go as they are, before all later ones. */
  configure({ lanes, bufferBytes }: Pick<AccumulatorOptions, 'lanes' | 'bufferBytes'>): void {
    this.flush()
    this.#lanes = lanes
    this.#bufferBytes = bufferBytes
    this.#epoch += 1
    this.#releaseSpace()
  }

  /** Sends what there is without waiting for lingers. */
  flush(): void {
    for (const partitions of this.#open.values()) {
      for (const batch of partitions.values()) this.#ready.push(batch)
    }
    this.#open.clear()
    this.#pump()
  }

  /** Resolves when everything appended before the call is acknowledged. Does not hurry it: lingers are kept. */
  settled(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    const upTo = this.#opened
    if (this.#oldestOutstanding() > upTo) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ upTo, resolve, reject }))
  }

  /** Stops timers; what is not acknowledged yet is dropped. Call `flush` and `settled` first to keep it. */
  discard(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#end(new Error('accumulator discarded'))
  }

  #batchOf(topic: string, partition: number): OpenBatch {
    let partitions = this.#open.get(topic)
    if (!partitions) {
      partitions = new Map()
      this.#open.set(topic, partitions)
    }
    let batch = partitions.get(partition)
    if (!batch) {
      const lane = this.#lanes[topic]
      if (!lane) throw new Error(`no producer settings for topic ${topic}`)
      this.#opened += 1
      const epoch = this.#epoch
      batch = {
        topic,
        partition,
        records: [],
        bytes: 0,
        lane,
        epoch,
        id: this.#opened,
        openedAt: this.#now(),
      }
      partitions.set(partition, batch)
      this.#outstanding.add(batch)
      this.#arm(batch.openedAt + lane.lingerMs)
    }
    return batch
  }

  #close(batch: OpenBatch): void {
    this.#open.get(batch.topic)?.delete(batch.partition)
    this.#ready.push(batch)
    this.#pump()
  }

  #arm(at: number): void {
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, at - this.#now()))
  }

  #onTimer(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    // A timer may fire a fraction of a millisecond early.
    const due = this.#now() + 0.5
    let next = Number.POSITIVE_INFINITY
    for (const partitions of this.#open.values()) {
      for (const batch of partitions.values()) {
        const at = batch.openedAt + batch.lane.lingerMs
        if (at <= due) {
          partitions.delete(batch.partition)
          this.#ready.push(batch)
        } else {
          next = Math.min(next, at)
        }
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next)
    this.#pump()
  }

  #pump(): void {
    if (this.#sending || this.#ready.length === 0 || this.#failure) return
    this.#sending = true
    void this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    while (this.#ready.length > 0 && !this.#failure) {
      const request = this.#takeRequest()
      try {
        await this.#options.producer.send(merged(request), (request[0] as OpenBatch).lane.compression)
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)))
        break
      }
      this.#acknowledge(request)
    }
    this.#sending = false
  }

  /** The longest run of ready batches with the same compression that fits one request. */
  #takeRequest(): OpenBatch[] {
    const [first] = this.#ready as [OpenBatch]
    let bytes = 0
    const taken: OpenBatch[] = []
    const left: OpenBatch[] = []
    for (const batch of this.#ready) {
      const fits = taken.length === 0 || bytes + batch.bytes <= MAX_REQUEST_BYTES
      // A later epoch may compress a topic otherwise: taking from it could overtake what is left of this one.
      const suits = batch.epoch === first.epoch && batch.lane.compression === first.lane.compression
      if (suits && fits) {
        taken.push(batch)
        bytes += batch.bytes
      } else {
        left.push(batch)
        // Nothing may overtake an earlier batch of its own partition.
        if (suits) bytes = MAX_REQUEST_BYTES
      }
    }
    this.#ready = left
    return taken
  }

  #acknowledge(request: readonly OpenBatch[]): void {
    const now = this.#now()
    for (const batch of request) {
      this.#outstanding.delete(batch)
      this.counts.batches += 1
      this.counts.records += batch.records.length
      this.counts.bytes += batch.bytes
      this.counts.filled += Math.min(1, batch.bytes / batch.lane.batchBytes)
      this.counts.queuedBytes -= batch.bytes
      this.#options.onAcknowledged?.({
        records: batch.records.length,
        bytes: batch.bytes,
        ageMs: now - batch.openedAt,
      })
    }
    this.#settle()
    this.#releaseSpace()
  }

  #releaseSpace(): void {
    if (this.full) return
    for (const waiter of this.#spaceWaiters.splice(0)) waiter.resolve()
  }

  /** A full batch overtakes a lingering one of another partition, so only the oldest outstanding one tells what is done. */
  #settle(): void {
    if (this.#waiters.length === 0) return
    const oldest = this.#oldestOutstanding()
    this.#waiters = this.#waiters.filter((waiter) => {
      if (oldest <= waiter.upTo) return true
      waiter.resolve()
      return false
    })
  }

  #oldestOutstanding(): number {
    for (const batch of this.#outstanding) return batch.id
    return Number.POSITIVE_INFINITY
  }

  #fail(error: Error): void {
    if (this.#failure) return
    this.#end(error)
    this.#options.onFailure(error)
  }

  #end(error: Error): void {
    this.#failure ??= error
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure)
    for (const waiter of this.#spaceWaiters.splice(0)) waiter.reject(this.#failure)
  }
}

function sizeOf({ key, value, headers }: OutputRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + value.length + (key?.length ?? 0)
  for (const [name, text] of headers) bytes += name.length + text.length
  return bytes
}

/** One entry per partition, in order: two batches of one partition in a request become one. */
function merged(request: readonly OpenBatch[]): OutputBatch[] {
  const byPartition = new Map<string, OutputBatch>()
  for (const { topic, partition, records } of request) {
    const name = `${topic}/${partition}`
    const earlier = byPartition.get(name)
    if (earlier) earlier.records = earlier.records.concat(records)
    else byPartition.set(name, { topic, partition, records })
  }
  return [...byPartition.values()]
}
