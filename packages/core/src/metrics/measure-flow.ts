import { REJECT_REASONS, type SlotStats, sumDirty } from '../contract/index.ts'
import type { Measuring } from './measure.ts'
import { slotsOf } from './measure-workers.ts'
import { type PartitionPosition, partitionsOf } from './partition-positions.ts'
import { finite, shareOf, sumOf } from './rate.ts'
import { mapReading, type Reading, unknown } from './reading.ts'
import type { Snapshot } from './snapshot.ts'

const NO_PARTITION = 'the input has no partition'

/** Records per second at each place of the flow, lag, what became of the records, and how late they arrive. */
export function measureFlow(
  snapshot: Snapshot,
  { measuring, fromServices }: { measuring: Measuring; fromServices: boolean },
): void {
  measureProvider(snapshot, measuring)
  measureBackend(snapshot, measuring)
  if (fromServices) measureFromServices(snapshot, measuring)
  else measureFromKafka(snapshot, measuring)
}

function measureProvider({ provider }: Snapshot, { set, rate }: Measuring): void {
  const published = ({ provider: of }: Snapshot) => atItsTime(of, ({ published: count }) => count)
  rate(
    'provider',
    atItsTime(provider, ({ published: count }) => count),
    published,
  )
  set(
    'provider.waiting',
    mapReading(provider, ({ backPressuredMs }) => backPressuredMs / 1000),
  )
  set(
    'provider.paused',
    mapReading(provider, ({ state }) => (state === 'paused' ? 1 : 0)),
  )
  set(
    'provider.target',
    mapReading(provider, ({ targetPerSecond }) => targetPerSecond),
  )
}

function measureBackend({ backend }: Snapshot, { set, rate }: Measuring): void {
  const received = ({ backend: of }: Snapshot) =>
    atItsTime(of, ({ received: count }) => count.normal + count.critical)
  rate(
    'received',
    atItsTime(backend, ({ received: count }) => count.normal + count.critical),
    received,
  )
  for (const [metric, field] of [
    ['p50', 'p50Ms'],
    ['p95', 'p95Ms'],
    ['p99', 'p99Ms'],
  ] as const) {
    const late = backend.known ? backend.value.endToEnd[field] : null
    set(
      metric,
      !backend.known
        ? backend
        : late === null
          ? unknown('nothing was measured just now')
          : finite(late, backend.at),
    )
  }
}

/** A counter at the time that its service read it, which is what it changed over. */
function atItsTime<Sample extends { at: number }>(
  reading: Reading<Sample>,
  counter: (sample: Sample) => number,
): Reading<number> {
  return reading.known ? finite(counter(reading.value), reading.value.at) : reading
}

function measureFromServices(snapshot: Snapshot, { set }: Measuring): void {
  set(
    'in',
    mapReading(snapshot.provider, ({ recordsPerSecond }) => recordsPerSecond),
  )
  const slots = slotsOf(snapshot)
  set(
    'out',
    mapReading(slots, (all) => all.reduce((sum, { recordsPerSecond }) => sum + recordsPerSecond, 0)),
  )
  set('lag', slots.known && slots.value.some(isTooBusyToLook) ? unknown(BUSY_SLOT) : lagOf(slots))
}

const BUSY_SLOT = 'a slot was too busy to look at the ends of its partitions, and Kafka was not asked'

/** A slot learns of the end of a partition with each batch of it: one that never waits works for minutes on what it fetched once. */
function isTooBusyToLook({ busyMs, backPressuredMs }: SlotStats): boolean {
  return busyMs + backPressuredMs > 950
}

function lagOf(slots: Reading<readonly SlotStats[]>): Reading<number> {
  return mapReading(slots, (all) =>
    all.reduce((sum, { lag }) => sum + Object.values(lag).reduce((a, b) => a + b, 0), 0),
  )
}

function measureFromKafka(snapshot: Snapshot, { set, rate }: Measuring): void {
  const partitions = partitionsOf(snapshot)
  const topics = snapshot.kafka.topics
  for (const { topic } of topics.known ? topics.value : [])
    rate(`topic/${topic}`, endOf(snapshot, topic), (before) => endOf(before, topic))
  if (!partitions.known) {
    for (const metric of ['in', 'out', 'lag', 'rejects', 'duplicates']) set(metric, partitions)
    return
  }
  const ins: Reading<number>[] = []
  const outs: Reading<number>[] = []
  const lags: Reading<number>[] = []
  for (const { partition, end, position, lag } of partitions.value) {
    const was = (before: Snapshot) => partitionIn(before, partition)
    ins.push(rate(`in/${partition}`, end, (before) => was(before)?.end))
    outs.push(rate(`out/${partition}`, position, (before) => was(before)?.position))
    lags.push(lag)
    set(`lag/${partition}`, lag)
  }
  set('in', sumOf(ins, NO_PARTITION))
  const out = sumOf(outs, NO_PARTITION)
  set('out', out)
  set('lag', sumOf(lags, NO_PARTITION))
  measureJudged(partitions.value, out, { set, rate })
}

/** What became of the records, from the counters that travel with the commits. */
function measureJudged(
  partitions: readonly PartitionPosition[],
  out: Reading<number>,
  { set, rate }: Measuring,
): void {
  const NOTHING = 'nothing was processed'
  const rateOf = (metric: string, count: (of: PartitionPosition) => Reading<number>) =>
    rate(metric, sumOf(partitions.map(count), NO_PARTITION), (before) => {
      const then = partitionsOf(before)
      return then.known ? sumOf(then.value.map(count), NO_PARTITION) : then
    })
  for (const reason of REJECT_REASONS)
    rateOf(`rejected/${reason}`, ({ counters }) => mapReading(counters, ({ dirty }) => dirty[reason]))
  const dirty = rateOf('rejected', ({ counters }) => mapReading(counters, (told) => sumDirty(told.dirty)))
  const twice = rateOf('duplicated', ({ counters }) => mapReading(counters, (told) => told.duplicates))
  set('rejects', shareOf(dirty, out, NOTHING))
  set('duplicates', shareOf(twice, out, NOTHING))
}

function partitionIn(snapshot: Snapshot, partition: number): PartitionPosition | undefined {
  const partitions = partitionsOf(snapshot)
  return partitions.known ? partitions.value.find((one) => one.partition === partition) : undefined
}

function endOf({ kafka: { topics } }: Snapshot, topic: string): Reading<number> {
  if (!topics.known) return topics
  const found = topics.value.find((one) => one.topic === topic)
  if (!found) return unknown(`there is no topic ${topic}`)
  return finite(
    found.partitions.reduce((sum, { end }) => sum + end, 0),
    topics.at,
  )
}
