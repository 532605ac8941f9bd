import type { Facts } from '@radtune/core/advice'
import { TOPICS } from '@radtune/core/contract'
import { type Evaluation, known, type Reading, unknown } from '@radtune/core/metrics'
import type { Broker, LoggedRecord } from '../ports/broker.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import type { Moment } from './monitor-stack.ts'

type PartitionEvaluation = Extract<Evaluation['partitions'], { known: true }>['value'][number]

/** A key that makes more than half of a partition is found in far fewer. */
const SAMPLED_RECORDS = 400
/** A batch each: a log of single records is not read to the end for this. */
const MOST_READS = 60

/** What the rules ask for and snapshots do not carry, but for keys: those are read from Kafka, `countKeys` does. */
export async function collectFacts({ runtime, doctor, clock }: StackWorld): Promise<Partial<Facts>> {
  return {
    freeDiskBytes: await freeDisk(),
    // Both runtimes put all services on one machine.
    interfaceBytesPerSecond: known(Number.POSITIVE_INFINITY, clock.now()),
  }

  async function freeDisk(): Promise<Reading<number>> {
    if (runtime.name === 'docker')
      return unknown("the logs are in a volume of the engine's, whose disk is not asked")
    try {
      return known(await doctor.freeDiskBytes(), clock.now())
    } catch (error) {
      return unknown(`the free disk cannot be read: ${reasonOf(error)}`)
    }
  }
}

/** The commonest key among the newest records of those partitions that get the most, or have the largest lag. */
export async function countKeys(
  broker: Broker,
  { evaluation, snapshot }: Pick<Moment, 'evaluation' | 'snapshot'>,
): Promise<Facts['commonestKeys']> {
  const { partitions } = evaluation
  if (!partitions.known) return unknown(partitions.why)
  const { topics } = snapshot.kafka
  if (!topics.known) return unknown(topics.why)
  const logs = topics.value.find(({ topic }) => topic === TOPICS.input)?.partitions ?? []
  const counted: { partition: number; key: string; share: number }[] = []
  try {
    for (const partition of hottest(partitions.value)) {
      const log = logs.find((one) => one.partition === partition)
      const common = log && commonest(await newestRecords(broker, log))
      if (common) counted.push({ partition, ...common })
    }
    return known(counted, snapshot.at)
  } catch (error) {
    return unknown(`the records cannot be read: ${reasonOf(error)}`)
  }
}

function hottest(partitions: readonly PartitionEvaluation[]): Set<number> {
  const most = (of: 'in' | 'lag') =>
    partitions.toSorted((a, b) => (b[of].average ?? 0) - (a[of].average ?? 0)).slice(0, 1)
  return new Set([...most('in'), ...most('lag')].map(({ partition }) => partition))
}

async function newestRecords(
  broker: Broker,
  { partition, low, end }: { partition: number; low: number; end: number },
): Promise<LoggedRecord[]> {
  const records: LoggedRecord[] = []
  let from = Math.max(low, end - SAMPLED_RECORDS)
  for (let reads = 0; from < end && reads < MOST_READS; reads += 1) {
    const part = await broker.readLog({ topic: TOPICS.input, partition, from })
    if (part.next <= from) break
    records.push(...part.records)
    from = part.next
  }
  return records
}

function commonest(records: readonly LoggedRecord[]): { key: string; share: number } | undefined {
  const counts = new Map<string, number>()
  for (const { key } of records) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a)
  return first && { key: first[0], share: first[1] / records.length }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
