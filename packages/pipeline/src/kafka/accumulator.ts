import type { BatchProducer, Compression, OutputBatch, OutputRecord } from './driver.ts'
import { RecordsWriter } from './encoded-records.ts'

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
  records: RecordsWriter
  lane: LaneOptions
  /** Counts up in the order of opening. */
  id: number
  openedAt: number
  /** Full, or its linger is over: it goes with the next request, and is filled further until then. */
  due: boolean
}

/** A request stays short enough for quick answers. */
const MAX_REQUEST_BYTES = 1024 * 1024
/** While a request is out, a due batch grows up to this: a quarter of the broker's default `message.max.bytes`, not compressed. */
const MAX_BATCH_BYTES = 256 * 1024
/** Buffers of acknowledged batches are used again: making and dropping them cost more than a third of a busy slot's time. */
const MAX_KEPT_BUFFERS = 32
const MAX_KEPT_BUFFER_BYTES = 2 * MAX_BATCH_BYTES

/**
 * Gathers records per partition and sends them as the Java producer would: a batch goes when it is full or when its
 * linger is over, and takes along what else is open with the same compression. One request is in flight at a time, so the order
 * within a partition holds through retries; what is due meanwhile is filled further, so batches grow with the load.
 */
export class Accumulator {
  readonly counts: AccumulatorCounts = { batches: 0, records: 0, bytes: 0, filled: 0, queuedBytes: 0 }
  readonly #options: AccumulatorOptions
  readonly #now: () => number
  #lanes: AccumulatorOptions['lanes']
  #bufferBytes: number
  /** By topic and partition: where the next record goes. */
  readonly #open = new Map<string, Map<number, OpenBatch>>()
  /** In the order of their becoming due; those of one partition in the order of their records. */
  #due: OpenBatch[] = []
  #sending = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #failure: Error | undefined
  #opened = 0
  /** Opened and not yet acknowledged, oldest first. */
  readonly #outstanding = new Set<OpenBatch>()
  #waiters: { upTo: number; resolve: () => void; reject: (error: Error) => void }[] = []
  #spaceWaiters: { resolve: () => void; reject: (error: Error) => void }[] = []
  readonly #buffers: Buffer[] = []

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

  /** Adds a record to the batch of its partition. The record may be used again afterwards. Throws after a failure. */
  append(topic: string, partition: number, record: OutputRecord): void {
    if (this.#failure) throw this.#failure
    const batch = this.#batchOf(topic, partition, record.value.length)
    this.counts.queuedBytes += batch.records.append(record)
    if (!batch.due && batch.records.length >= batch.lane.batchBytes) {
      this.#becomeDue(batch)
      this.#pump()
    }
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
    this.#open.clear()
    this.#lanes = lanes
    this.#bufferBytes = bufferBytes
    this.#releaseSpace()
  }

  /** Sends what there is without waiting for lingers. */
  flush(): void {
    for (const partitions of this.#open.values()) {
      for (const batch of partitions.values()) this.#becomeDue(batch)
    }
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

  #batchOf(topic: string, partition: number, valueLength: number): OpenBatch {
    let partitions = this.#open.get(topic)
    if (!partitions) {
      partitions = new Map()
      this.#open.set(topic, partitions)
    }
    const batch = partitions.get(partition)
    if (!batch) return this.#openBatch(topic, partition, partitions)
    if (batch.records.length + valueLength <= MAX_BATCH_BYTES) return batch
    this.#becomeDue(batch)
    return this.#openBatch(topic, partition, partitions)
  }

  #openBatch(topic: string, partition: number, partitions: Map<number, OpenBatch>): OpenBatch {
    const lane = this.#lanes[topic]
    if (!lane) throw new Error(`no producer settings for topic ${topic}`)
    this.#opened += 1
    const records = new RecordsWriter(this.#buffers.pop())
    const batch = { topic, partition, records, lane, id: this.#opened, openedAt: this.#now(), due: false }
    partitions.set(partition, batch)
    this.#outstanding.add(batch)
    this.#arm(batch.openedAt + lane.lingerMs)
    return batch
  }

  #becomeDue(batch: OpenBatch): void {
    if (batch.due) return
    batch.due = true
    this.#due.push(batch)
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
    const now = this.#now() + 0.5
    let next = Number.POSITIVE_INFINITY
    for (const partitions of this.#open.values()) {
      for (const batch of partitions.values()) {
        if (batch.due) continue
        const at = batch.openedAt + batch.lane.lingerMs
        if (at <= now) this.#becomeDue(batch)
        else next = Math.min(next, at)
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next)
    this.#pump()
  }

  #pump(): void {
    if (this.#sending || this.#due.length === 0 || this.#failure) return
    this.#sending = true
    void this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    while (this.#due.length > 0 && !this.#failure) {
      const request = this.#takeRequest()
      try {
        await this.#options.producer.send(request, (request[0] as OpenBatch).lane.compression)
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)))
        break
      }
      this.#acknowledge(request)
    }
    this.#sending = false
  }

  /** What is due with the compression of the first and fits one request: of each partition the first batch that waits. */
  #takeRequest(): OpenBatch[] {
    const [first] = this.#due as [OpenBatch]
    let bytes = 0
    const taken: OpenBatch[] = []
    const left: OpenBatch[] = []
    const passed = new Set<string>()
    for (const batch of this.#due) {
      const name = `${batch.topic}/${batch.partition}`
      const fits = taken.length === 0 || bytes + batch.records.length <= MAX_REQUEST_BYTES
      if (batch.lane.compression === first.lane.compression && fits && !passed.has(name)) {
        taken.push(batch)
        bytes += batch.records.length
        const partitions = this.#open.get(batch.topic)
        if (partitions?.get(batch.partition) === batch) partitions.delete(batch.partition)
      } else {
        left.push(batch)
      }
      // Nothing may overtake an earlier batch of its own partition.
      passed.add(name)
    }
    this.#due = left
    this.#takeAlong(taken, bytes, passed)
    return taken
  }

  /** Open batches go with a request that leaves anyway: they wait less, and need none of their own. */
  #takeAlong(taken: OpenBatch[], dueBytes: number, passed: ReadonlySet<string>): void {
    const [first] = taken as [OpenBatch]
    let bytes = dueBytes
    for (const partitions of this.#open.values()) {
      for (const batch of partitions.values()) {
        if (batch.lane.compression !== first.lane.compression) break
        bytes += batch.records.length
        if (bytes > MAX_REQUEST_BYTES) return
        if (passed.has(`${batch.topic}/${batch.partition}`)) continue
        batch.due = true
        partitions.delete(batch.partition)
        taken.push(batch)
      }
    }
  }

  #acknowledge(request: readonly OpenBatch[]): void {
    const now = this.#now()
    for (const batch of request) {
      const { records, lane, openedAt } = batch
      this.#outstanding.delete(batch)
      this.counts.batches += 1
      this.counts.records += records.count
      this.counts.bytes += records.length
      this.counts.filled += Math.min(1, records.length / lane.batchBytes)
      this.counts.queuedBytes -= records.length
      this.#options.onAcknowledged?.({ records: records.count, bytes: records.length, ageMs: now - openedAt })
      this.#keepBuffer(records.buffer)
    }
    this.#settle()
    this.#releaseSpace()
  }

  #releaseSpace(): void {
    if (this.full) return
    for (const waiter of this.#spaceWaiters.splice(0)) waiter.resolve()
  }

  #keepBuffer(buffer: Buffer): void {
    if (buffer.length <= MAX_KEPT_BUFFER_BYTES && this.#buffers.length < MAX_KEPT_BUFFERS)
      this.#buffers.push(buffer)
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
