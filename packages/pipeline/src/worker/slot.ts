import { setTimeout as after, setImmediate as nextTurn } from 'node:timers/promises'
import { OUTPUT_TOPICS, type PartitionProgress } from '@radtune/core/contract'
import {
  Accumulator,
  type BatchProducer,
  type CommitOffset,
  type GroupConsumer,
  type InputBatch,
  type InputRecord,
  type TailRecord,
} from '../kafka/index.ts'
import { countOutcome, processRecord, type RecordRules } from '../stages/index.ts'
import { createCommitter } from './committer.ts'
import type { Lease } from './lease.ts'
import { outputRecord, sentAtOf } from './output-record.ts'
import type { SlotMeter } from './slot-meter.ts'
import { fetchLimitsOf, lanesOf, type SlotSettings } from './slot-settings.ts'
import { type OwnedPartition, takeOverPartition } from './take-over-partition.ts'

/** What a slot needs of the world. */
export interface SlotPorts {
  consumer: GroupConsumer
  /** Writes only while the lease is held. */
  producer: BatchProducer
  lease: Lease
  /** Ends what earlier owners of these partitions may have open, before anything of them is read. */
  fence(partitions: readonly number[]): Promise<void>
  /** Makes outputs and offsets visible together; absent at least once, where the consumer commits. Rejects for good only. */
  commitTransaction?(offsets: readonly CommitOffset[]): Promise<void>
  progress(): Promise<PartitionProgress[]>
  tails(wanted: readonly { topic: string; partition: number }[]): Promise<Map<string, TailRecord[]>>
  /** Wall-clock milliseconds. */
  now(): number
  /** The slot cannot go on; whoever runs it starts a new one. */
  onFailure(error: Error): void
  /** Something worth a line in the log. */
  note?(message: string, details: Record<string, unknown>): void
}

export interface Slot {
  start(): Promise<void>
  /** Finishes what was read, waits for the acknowledgements, commits, and leaves the group. */
  stop(): Promise<void>
  /** Runs by these settings and rules from the next record, batch, commit and fetch on. */
  applySettings(settings: SlotSettings, rules: RecordRules): void
  /** Partitions that the group gave to this slot; each is taken over when its first records come. */
  readonly assigned: readonly number[]
  readonly partitions: ReadonlyMap<number, OwnedPartition>
  readonly joined: boolean
  /** Bytes held for the broker. */
  readonly accumulator: Accumulator
  /** Monotonic milliseconds of the last successful commit. */
  readonly lastCommitAt: number | undefined
}

/**
 * Records between two turns of the event loop. A fetch may hold 30,000: without turns, nothing would be sent, acknowledged or
 * committed for half a second at a time.
 */
const SLICE = 512
/** The same where each takes a millisecond or so. */
const SLICE_OF_DEAR_RECORDS = 64

/** Longest wait for acknowledgements before joining again; the group waits for this slot that long. */
const FINISH_MS = 10_000

/** Longest wait for the group to let a slot go. */
const LEAVE_MS = 3000

/**
 * One consumer thread: reads its partitions in order, sends each record through the stages to exactly one place, and commits
 * offsets with counters only after the outputs of all earlier records are acknowledged.
 */
export function createSlot(options: {
  ports: SlotPorts
  settings: SlotSettings
  rules: RecordRules
  meter: SlotMeter
  /** Done with each record beside what the stages do; only a planted fault has any. */
  extraWork?: (() => void) | undefined
}): Slot {
  const { ports, meter, extraWork } = options
  const slice = extraWork ? SLICE_OF_DEAR_RECORDS : SLICE
  let { settings, rules } = options
  const owned = new Map<number, OwnedPartition>()
  let assigned: readonly number[] = []
  let joined = false
  let running = false
  let stopping = false
  /** The group is being redistributed, and this slot has not joined again yet. */
  let rebalancing = false
  let connected: Promise<void> | undefined
  let takingOver: Promise<void> | undefined

  const accumulator = new Accumulator({
    producer: {
      ...ports.producer,
      async send(batches, compression) {
        await connected
        await committer.untilEnded()
        await ports.lease.untilHeld()
        await ports.producer.send(batches, compression)
      },
    },
    lanes: lanesOf(settings),
    bufferBytes: settings['producer.bufferMemory'],
    onFailure: ports.onFailure,
    onAcknowledged: meter.onAcknowledged,
  })
  const { commitTransaction } = ports
  const committer = createCommitter({
    owned,
    accumulator,
    commit: commitTransaction ?? ports.consumer.commit,
    atomic: commitTransaction !== undefined,
    onFailure(error) {
      meter.onCommitFailure(error)
      // One that fails in a rebalance is harmless: the offsets stay due, and the next tick tries again.
      if (commitTransaction) ports.onFailure(error)
    },
  })

  function onAssigned(partitions: readonly number[], continued: boolean): void {
    assigned = partitions
    joined = true
    rebalancing = false
    ports.note?.('joined the group', { partitions, continued })
    for (const partition of owned.keys()) {
      if (!continued || !partitions.includes(partition)) owned.delete(partition)
    }
    for (const partition of owned.values()) partition.soughtBack = false
  }

  function onRebalancing(): void {
    rebalancing = true
    accumulator.flush()
  }

  /** Whatever was appended must be acknowledged before others may read the tails of the outputs, or never be sent. */
  async function beforeJoin(lost: boolean): Promise<void> {
    if (lost) throw fail('the group has removed this slot: another may own its partitions')
    if (owned.size === 0) return
    if (accumulator.counts.queuedBytes > 0 && !ports.lease.isHeld())
      throw fail('what was read is not written, and another may own the partitions before it is')
    accumulator.flush()
    const finished = committer.commit().then(() => accumulator.settled())
    const inTime = await Promise.race([finished.then(() => true), after(FINISH_MS, false, { ref: false })])
    if (!inTime) throw fail(`what was read is not written after ${FINISH_MS / 1000} s, and the group waits`)
  }

  /** Gives up for good: drops what is not acknowledged. */
  function fail(message: string): Error {
    const error = new Error(message)
    accumulator.discard()
    ports.onFailure(error)
    return error
  }

  /** Loads what is newly assigned. Anything of ours still in flight must have arrived before the output tails are read. */
  async function takeOver(): Promise<void> {
    const startedAt = performance.now()
    const wanted = assigned.filter((partition) => !owned.has(partition))
    accumulator.flush()
    await accumulator.settled()
    await ports.fence(wanted)
    const [progress, tails] = await Promise.all([
      ports.progress(),
      ports.tails(wanted.flatMap((partition) => OUTPUT_TOPICS.map((topic) => ({ topic, partition })))),
    ])
    for (const entry of progress) {
      if (!wanted.includes(entry.partition) || !assigned.includes(entry.partition)) continue
      owned.set(
        entry.partition,
        takeOverPartition(entry, tails, {
          duplicateWindow: settings['pipeline.duplicateWindow'],
          rules,
          stages: meter.stages,
        }),
      )
    }
    const toRead = wanted.map((partition) => {
      const { committedAtStart = 0, next = 0 } = owned.get(partition) ?? {}
      return committedAtStart - next
    })
    const elapsedMs = Math.round(performance.now() - startedAt)
    ports.note?.('took over', { partitions: wanted, recordsToReadAgain: toRead, elapsedMs })
  }

  async function onBatch(batch: InputBatch): Promise<void> {
    if (!owned.has(batch.partition) && !stopping) {
      takingOver ??= takeOver().finally(() => {
        takingOver = undefined
      })
      await takingOver
    }
    while (committer.untilOpen()) await committer.untilOpen()
    const partition = owned.get(batch.partition)
    if (!partition || stopping) return
    partition.end = batch.endOffset
    if (batch.firstOffset > partition.next && !partition.soughtBack) {
      partition.soughtBack = true
      ports.consumer.seek(batch.partition, partition.next)
      return
    }
    partition.soughtBack = false
    await processBatch(partition, batch)
  }

  async function processBatch(partition: OwnedPartition, batch: InputBatch): Promise<void> {
    meter.onFetched(batch)
    const receivedAt = ports.now()
    let taken = 0
    for (const record of batch.records) {
      processOne(partition, record, receivedAt)
      taken += 1
      if (taken % slice !== 0) continue
      await turn()
      if (stopping || rebalancing || owned.get(batch.partition) !== partition) return
    }
    await turn()
  }

  /** Lets timers and sockets have their turn; longer while the buffer is full. */
  async function turn(): Promise<void> {
    if (accumulator.full) {
      const waitedFrom = performance.now()
      await accumulator.space()
      meter.backPressured(performance.now() - waitedFrom)
    } else await nextTurn()
    while (committer.untilOpen()) await committer.untilOpen()
  }

  function processOne(partition: OwnedPartition, record: InputRecord, receivedAt: number): void {
    if (record.offset < partition.next) return
    partition.next = record.offset + 1
    const refill = record.offset < partition.committedAtStart
    if (record.offset === partition.committedAtStart)
      ports.note?.('goes on where the last commit was', {
        partition: partition.partition,
        offset: record.offset,
      })
    const outcome = processRecord(partition.state, record, refill)
    if (refill) return
    extraWork?.()
    countOutcome(partition.counters, outcome)
    const sentAt = sentAtOf(record)
    if (outcome.kind !== 'duplicate' && record.offset > partition.written[outcome.topic]) {
      const { topic, value } = outcome
      const output = { topic, partition: partition.partition, value, sentAt, nowMs: receivedAt }
      accumulator.append(topic, partition.partition, outputRecord(record, output))
    }
    meter.onDecided(outcome, sentAt, receivedAt)
  }

  return {
    get assigned() {
      return assigned
    },
    partitions: owned,
    accumulator,
    get joined() {
      return joined
    },
    get lastCommitAt() {
      return committer.lastAt
    },
    async start() {
      connected = ports.producer.connect()
      // Both take their time; what comes in before the producer is ready waits for it.
      connected.catch(() => undefined)
      await ports.consumer.start({
        onAssigned,
        onRebalancing,
        beforeJoin,
        onConfirmed: ports.lease.confirm,
        onBatch,
        onFetch: meter.onFetch,
        onFailure: ports.onFailure,
      })
      await connected
      running = true
      committer.every(settings['pipeline.commitInterval'])
    },
    applySettings(nextSettings, nextRules) {
      settings = nextSettings
      rules = nextRules
      for (const partition of owned.values()) partition.state = { ...partition.state, rules }
      accumulator.configure({
        lanes: lanesOf(settings),
        bufferBytes: settings['producer.bufferMemory'],
      })
      ports.consumer.limitFetches(fetchLimitsOf(settings))
      if (running && !stopping) committer.every(settings['pipeline.commitInterval'])
    },
    async stop() {
      stopping = true
      accumulator.flush()
      await committer.stop()
      await committer.commit()
      // A consumer that waits for the group cannot leave before the group answers. All is committed: no need to wait.
      await Promise.race([ports.consumer.stop(), after(LEAVE_MS, undefined, { ref: false })])
      accumulator.discard()
      await ports.producer.close()
    },
  }
}
