import { emptyCounters, HEADERS, type PartitionProgress, type ProcessedReading } from '@radtune/core/contract'
import type { ReadingSource } from '../src/backend/index.ts'
import type { ConsumerHandlers, InputRecord } from '../src/kafka/index.ts'

/** A topic of one partition whose consumer is driven by the test. */
export class FakeTopic implements ReadingSource {
  readonly topic: string
  readonly seeks: [partition: number, offset: number][] = []
  opened = 0
  stopped = 0
  startFails: Error | undefined
  #handlers: ConsumerHandlers | undefined
  #offset = 0

  constructor(topic: string) {
    this.topic = topic
  }

  open(): ReturnType<ReadingSource['open']> {
    this.opened += 1
    return {
      start: async (handlers) => {
        if (this.startFails) throw this.startFails
        this.#handlers = handlers
      },
      seek: (partition, offset) => void this.seeks.push([partition, offset]),
      stop: async () => {
        this.stopped += 1
      },
    }
  }

  /** The group gives its partition to the consumer, and the broker answers a first fetch. */
  assign(): void {
    this.#handlers?.onAssigned([0], false)
    this.#handlers?.onFetch()
  }

  rebalance(): void {
    this.#handlers?.onRebalancing()
  }

  fail(error: Error): void {
    this.#handlers?.onFailure(error)
  }

  fetch(): void {
    this.#handlers?.onFetch()
  }

  deliver(...records: InputRecord[]): void {
    const numbered = records.map((record) => {
      this.#offset += 1
      return { ...record, offset: this.#offset - 1 }
    })
    void this.#handlers?.onBatch({
      topic: this.topic,
      partition: 0,
      records: numbered,
      count: numbered.length,
      firstOffset: this.#offset - numbered.length,
      lastOffset: this.#offset - 1,
      bytes: 0,
      endOffset: this.#offset,
    })
  }
}

/** A record as a worker writes it. */
export function outputRecord(
  reading: Partial<ProcessedReading> = {},
  { sentAtMs }: { sentAtMs?: number } = {},
): InputRecord {
  const value = reading.value ?? 33
  const processed: ProcessedReading = {
    latitude: 37.56123,
    longitude: 140.69456,
    unit: 'cpm',
    captured_time: '2020-02-11T09:31:00.000Z',
    level: value < 50 ? 'low' : value < 200 ? 'moderate' : 'high',
    critical: value >= 1000,
    usvh: Math.round((value / 334) * 10_000) / 10_000,
    usvh_basis: '334 CPM per µSv/h',
    device_id: '100',
    flags: [],
    ...reading,
    value,
  }
  return rawRecord(JSON.stringify(processed), sentAtMs)
}

export function rawRecord(text: string | null, sentAtMs?: number): InputRecord {
  const sentAt = sentAtMs === undefined ? undefined : Buffer.from(String(sentAtMs))
  return {
    offset: 0,
    timestampMs: 0,
    key: null,
    value: text === null ? null : Buffer.from(text),
    header: (name) => (name === HEADERS.sentAt ? sentAt : undefined),
  }
}

/** One partition in which everything before `committed` was decided about. */
export function progressOf({
  end,
  normal,
  critical = 0,
  duplicates = 0,
  unit = 0,
}: {
  end: number
  normal: number
  critical?: number
  duplicates?: number
  unit?: number
}): PartitionProgress {
  const counters = { ...emptyCounters(0), normal, critical, duplicates }
  counters.dirty.unit = unit
  return { partition: 0, low: 0, end, committed: normal + critical + duplicates + unit, counters }
}

export const quietLogger = { info: () => undefined, warn: () => undefined }
