import { type Found, findBottleneck } from './bottleneck.ts'
import { drainOf, slowestDrain } from './drain.ts'
import type { Bottleneck, Drain, Evaluation, Metric, ServiceEvaluation } from './evaluation.ts'
import { flowLoadOf } from './flow-load.ts'
import type { History } from './history.ts'
import type { Measures } from './measure.ts'
import { slotsOf } from './measure-workers.ts'
import type { WindowReader } from './metric-over.ts'
import { metricName, metricValueText } from './metric-text.ts'
import { partitionsOf } from './partition-positions.ts'
import { finite } from './rate.ts'
import { mapReading, type Reading, unknown } from './reading.ts'
import type { MonitorEvent, Snapshot } from './snapshot.ts'
import type { Targets } from './targets.ts'
import { type ThresholdState, thresholdOf } from './threshold.ts'

/** What an evaluation is drawn from. */
export interface EvaluationInputs {
  now: number
  windowMs: number
  history: History
  windows: WindowReader
  snapshot: Snapshot
  measures: Measures
  targets: Targets
  stateOf: (metric: string) => ThresholdState | undefined
  killsOf: (service: string) => number
  bottleneck: (found: Found, at: number) => Bottleneck
  events: readonly MonitorEvent[]
}

/** Rates that a forecast rests on are of the last ten seconds. */
const RECENT_MS = 10_000

/** Puts together what the newest window means. */
export function drawEvaluation(inputs: EvaluationInputs): Evaluation {
  const { now, windowMs, history, windows, snapshot, measures, targets, stateOf } = inputs
  const window = { from: now - windowMs, to: now }
  const metric = (name: string): Metric => {
    const reading = measures.get(name)
    return windows.metric(name, window, {
      now: reading,
      threshold: thresholdOf(name, targets, measures.get('in')),
      // What cannot be seen is not ok: it is not judged.
      state: reading?.known ? stateOf(name) : undefined,
    })
  }
  const recent = (name: string) => windows.mean(name, { from: now - RECENT_MS, to: now })
  const partitions = mapReading(partitionsOf(snapshot), (all) =>
    all.map(({ partition, end, lag, owner }) => ({
      partition,
      end,
      lag: metric(`lag/${partition}`),
      in: metric(`in/${partition}`),
      out: metric(`out/${partition}`),
      owner: owner ?? null,
      drain: drainOf({
        partition,
        lag,
        inPerSecond: recent(`in/${partition}`),
        outPerSecond: recent(`out/${partition}`),
      }),
    })),
  )
  const drain: Drain = partitions.known
    ? slowestDrain(partitions.value.map((one) => one.drain))
    : { kind: 'unknown', why: partitions.why }
  const services = mapReading(snapshot.services, (all) =>
    all.map((service) => drawService(service, { metric, measures, kills: inputs.killsOf(service.name) })),
  )
  const flow = {
    in: metric('in'),
    out: metric('out'),
    provider: metric('provider'),
    received: metric('received'),
    lag: metric('lag'),
    drain,
    p50: metric('p50'),
    p95: metric('p95'),
    p99: metric('p99'),
    rejects: metric('rejects'),
    duplicates: metric('duplicates'),
  }
  const host = { cpu: metric('host.cpu'), memory: metric('host.memory') }
  const slots = drawSlots(snapshot, metric)
  const alarms = alarmsOf(measures, stateOf, targets)
  const found = findBottleneck(flowLoadOf({ snapshot, recent, flow }), targets)
  return {
    schema: 'radtune.evaluation/1',
    at: now,
    windowMs,
    state: worstWord(snapshot, alarms),
    host,
    services,
    flow,
    topics: topicsOf(snapshot, metric),
    partitions,
    slots,
    stages: ['parse', 'validate', 'deduplicate', 'route', 'serialise'].map((stage) => ({
      stage,
      share: metric(`stage/${stage}`),
    })),
    rejected: rejectedOf(history, (name) => windows.mean(name, window)),
    provider: {
      state: snapshot.provider.known ? snapshot.provider.value.state : null,
      target: measures.get('provider.target') ?? unknown('it was not measured yet'),
      waiting: metric('provider.waiting'),
    },
    clients: mapReading(snapshot.backend, ({ clients }) => clients),
    group: mapReading(snapshot.kafka.group, ({ state }) => state),
    settings: { revision: snapshot.settings.known ? snapshot.settings.value.revision : null },
    bottleneck: inputs.bottleneck(found, now),
    alarms,
    events: [...inputs.events],
  }
}

function drawService(
  service: Extract<Snapshot['services'], { known: true }>['value'][number],
  { metric, measures, kills }: { metric: (name: string) => Metric; measures: Measures; kills: number },
): ServiceEvaluation {
  const { name, role, condition, reason, pid, restarts, limits, memoryBytes } = service
  const rate = (of: string): Reading<number> => measures.get(of) ?? unknown('it was not measured yet')
  const flows: Record<string, [Reading<number> | null, Reading<number> | null]> = {
    kafka: [rate('in'), rate('out')],
    worker: [rate(`rate/${name}`), rate(`sent/${name}`)],
    backend: [rate('received'), null],
    provider: [null, rate('provider')],
  }
  const [into, out] = flows[role] ?? [null, null]
  return {
    name,
    role,
    condition,
    reason,
    pid,
    restarts,
    outOfMemoryKills: kills,
    limits: { cpus: limits.cpus, memoryBytes: limits.memoryBytes, enforced: limits.enforced },
    memoryBytes,
    cpu: metric(`cpu/${name}`),
    memory: metric(`memory/${name}`),
    throttled: metric(`throttled/${name}`),
    in: into,
    out,
  }
}

function drawSlots(snapshot: Snapshot, metric: (name: string) => Metric): Evaluation['slots'] {
  const each = snapshot.workers.flatMap(({ service, sample }) =>
    sample.known
      ? sample.value.slots.map(({ slot, partitions, recordsPerSecond, lag }) => ({
          worker: service,
          slot,
          partitions: [...partitions],
          busy: metric(`busy/${service}/${slot}`),
          waiting: metric(`waiting/${service}/${slot}`),
          recordsPerSecond,
          lag: Object.values(lag).reduce((sum, records) => sum + records, 0),
        }))
      : [],
  )
  return {
    busy: metric('slots'),
    waiting: metric('slots.waiting'),
    balance: metric('balance'),
    variation: variationOf(snapshot),
    each,
  }
}

/** Standard deviation of the slots' records per second over their mean: 0 is even. */
function variationOf(snapshot: Snapshot): Reading<number> {
  const slots = slotsOf(snapshot)
  if (!slots.known) return slots
  const rates = slots.value.map(({ recordsPerSecond }) => recordsPerSecond)
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  if (!(mean > 0)) return unknown('no records flow')
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  return finite(Math.sqrt(variance) / mean, slots.at)
}

function topicsOf(
  { kafka: { topics, sizes } }: Snapshot,
  metric: (name: string) => Metric,
): Evaluation['topics'] {
  if (!topics.known) return []
  return topics.value.map(({ topic }) => ({
    topic,
    rate: metric(`topic/${topic}`),
    bytes: sizes.known ? (sizes.value[topic] ?? null) : null,
  }))
}

/** Rejected records by reason over the window, the most frequent first. */
function rejectedOf(
  { metrics }: History,
  mean: (metric: string) => number | undefined,
): Evaluation['rejected'] {
  const out = mean('out')
  return metrics
    .filter((name) => name.startsWith('rejected/'))
    .map((name) => ({ reason: name.slice('rejected/'.length), perSecond: mean(name) ?? 0 }))
    .filter(({ perSecond }) => perSecond > 0)
    .map((one) => ({ ...one, share: out !== undefined && out > 0 ? one.perSecond / out : null }))
    .sort((a, b) => b.perSecond - a.perSecond)
}

function alarmsOf(
  measures: Measures,
  stateOf: EvaluationInputs['stateOf'],
  targets: Targets,
): Evaluation['alarms'] {
  const alarms: Evaluation['alarms'] = []
  for (const [name, reading] of measures) {
    const word = stateOf(name)?.word ?? 'ok'
    const threshold = thresholdOf(name, targets, measures.get('in'))
    if (word === 'ok' || !reading.known || !threshold) continue
    const [value, limit] = [reading.value, threshold.warn].map((number) => metricValueText(name, number))
    alarms.push({ metric: name, state: word, sentence: `${metricName(name)} ${value} (limit ${limit})` })
  }
  return alarms.sort((a, b) => Number(b.state === 'CRIT') - Number(a.state === 'CRIT'))
}

/** Of all alarms and services; a source that is silent is a warning, and with no source at all nothing is known. */
function worstWord(snapshot: Snapshot, alarms: Evaluation['alarms']): Evaluation['state'] {
  const { services, kafka, provider, backend, workers } = snapshot
  const sources = [services, kafka.topics, provider, backend, ...workers.map(({ sample }) => sample)]
  if (sources.every((source) => !source.known)) return null
  const conditions = services.known ? services.value.map(({ condition }) => condition) : []
  if (conditions.includes('failed') || alarms.some(({ state }) => state === 'CRIT')) return 'CRIT'
  const ill = conditions.some((condition) => condition !== 'healthy')
  return ill || alarms.length > 0 || sources.some((source) => !source.known) ? 'WARN' : 'ok'
}
