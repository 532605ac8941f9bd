import { HEADERS, OUTPUT_TOPICS, type OutputTopic, TOPICS } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { KafkaSnapshot, Reading, TopicOffsets } from '@radtune/core/metrics'
import { formatCount } from '@radtune/core/units'
import type { Broker, LoggedRecord } from '../ports/broker.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { type FoundOutput, findOutput } from './find-output.ts'
import { runningLaunch } from './running-launch.ts'
import { outcomeOf, type TraceOutcome } from './trace-outcome.ts'
import { type StageReport, stagesOf } from './trace-stages.ts'
import { type TraceTime, timesOf } from './trace-times.ts'

/** A place in `radiation-data`. */
export interface RecordPlace {
  partition: number
  offset: number
}

/** What became of one record of the input. */
export interface Trace {
  place: RecordPlace
  record: LoggedRecord
  /** The row of the data source that it was published from, as its header says. */
  row: string | undefined
  outcome: TraceOutcome
  stages: readonly StageReport[]
  times: readonly TraceTime[]
}

/** Reads `PARTITION:OFFSET`. Throws RT-CLI-003. */
export function parseRecordPlace(text: string): RecordPlace {
  const [, partition, offset] = /^(\d+):(\d+)$/.exec(text.trim()) ?? []
  const place = { partition: Number(partition), offset: Number(offset) }
  if (Number.isSafeInteger(place.partition) && Number.isSafeInteger(place.offset)) return place
  throw new RadtuneError('RT-CLI-003', {
    what: `"${text}" does not name a record`,
    why: `a record of ${TOPICS.input} is named by its partition and its offset, both whole numbers: PARTITION:OFFSET`,
    fix: ['radtune trace 0:1234'],
  })
}

/**
 * Reads one record of the running stack's input and finds what became of it. Throws RT-UP-010 when nothing runs, RT-TRACE-001 when
 * there is no such record, RT-TRACE-002 when Kafka does not answer.
 */
export async function traceRecord(world: StackWorld, place: RecordPlace): Promise<Trace> {
  const stack = await world.runtime.inspect()
  if (!stack) throw new RadtuneError('RT-UP-010', { what: 'no stack runs in this project' })
  const { ports, spec } = await runningLaunch(world, stack)
  const broker = world.broker(ports.kafka)
  try {
    // Commits are read before the outputs are searched.
    const snapshot = await broker.observe()
    const topics = answerOf(place, snapshot.topics)
    const record = await readInput(broker, place, topics)
    const outcome = outcomeOf(
      place.offset,
      await searchOutputs(broker, place, topics),
      committedIn(snapshot, place),
    )
    return {
      place,
      record,
      row: record.headers.get(HEADERS.row),
      outcome,
      stages: stagesOf(outcome, spec.settings['pipeline.duplicateWindow'].value),
      times: timesOf(record, outcome),
    }
  } catch (error) {
    if (error instanceof RadtuneError) throw error
    throw unreadable(place, error instanceof Error ? error.message : String(error), error)
  } finally {
    await broker.close()
  }
}

function answerOf(place: RecordPlace, topics: Reading<TopicOffsets[]>): TopicOffsets[] {
  if (topics.known) return topics.value
  throw unreadable(place, topics.why)
}

async function readInput(
  broker: Broker,
  { partition, offset }: RecordPlace,
  topics: readonly TopicOffsets[],
): Promise<LoggedRecord> {
  const partitions = topics.find(({ topic }) => topic === TOPICS.input)?.partitions ?? []
  const log = partitions.find((one) => one.partition === partition)
  if (!log)
    throw missing({ partition, offset }, `${TOPICS.input} has the partitions 0 to ${partitions.length - 1}`)
  if (offset < log.low || offset >= log.end) throw missing({ partition, offset }, rangeText(partition, log))
  const { records } = await broker.readLog({ topic: TOPICS.input, partition, from: offset })
  const record = records.find((one) => one.offset === offset)
  if (record) return record
  throw missing({ partition, offset }, `the log has no record at this offset; ${rangeText(partition, log)}`)
}

function rangeText(partition: number, { low, end }: { low: number; end: number }): string {
  return low === end
    ? `partition ${partition} of ${TOPICS.input} holds no record${end > 0 ? ` any more; the next offset is ${formatCount(end)}` : ' yet'}`
    : `partition ${partition} of ${TOPICS.input} holds the offsets ${low} to ${end - 1}`
}

async function searchOutputs(
  broker: Broker,
  { partition, offset }: RecordPlace,
  topics: readonly TopicOffsets[],
): Promise<Partial<Record<OutputTopic, FoundOutput>>> {
  const found: Partial<Record<OutputTopic, FoundOutput>> = {}
  for (const topic of OUTPUT_TOPICS) {
    const log = topics
      .find((one) => one.topic === topic)
      ?.partitions.find((one) => one.partition === partition)
    if (!log) throw new Error(`there is no partition ${partition} of ${topic}`)
    found[topic] = await findOutput(broker, { topic, ...log }, offset)
    // It has one output at most.
    if (found[topic].kind === 'found') break
  }
  return found
}

function committedIn({ commits }: KafkaSnapshot, { partition }: RecordPlace): Reading<number | null> {
  if (!commits.known) return commits
  return { ...commits, value: commits.value.find((one) => one.partition === partition)?.committed ?? null }
}

function missing({ partition, offset }: RecordPlace, why: string): RadtuneError {
  return new RadtuneError('RT-TRACE-001', { what: `there is no record ${partition}:${offset}`, why })
}

function unreadable({ partition, offset }: RecordPlace, why: string, cause?: unknown): RadtuneError {
  return new RadtuneError('RT-TRACE-002', {
    what: `the record ${partition}:${offset} cannot be traced`,
    why,
    cause,
  })
}
