import { formatCount } from '../units/index.ts'
import type { Bottleneck, Drain } from './evaluation.ts'
import type { Targets } from './targets.ts'

export type FlowStage = NonNullable<Bottleneck['stage']>

/** One stage of the flow over the last seconds; undefined where it is not known. */
export interface StageLoad {
  stage: FlowStage
  /** Share of its time that it works, and that it waits for what is downstream. */
  busy: number | undefined
  waiting: number | undefined
  /** Of its services the one that is held back most by its CPU limit. */
  throttled: { service: string; share: number } | undefined
  /** The service that stands for the stage. */
  service: string
}

export interface FlowLoad {
  /** From source to sink: provider, kafka, workers, backend. */
  stages: readonly StageLoad[]
  lag: { records: number; state: 'ok' | 'WARN' | 'CRIT'; drain: Drain } | undefined
  /** The fastest slot over the mean; undefined where it is not known. */
  balance: number | undefined
  /** p99 end to end is over its target. */
  late: boolean
}

/** Waiting for less than this share of time holds nothing back. */
const WAITS_FROM = 0.1
/** One slot with twice its share of the records. */
const UNEVEN_FROM = 2

export type Found = Pick<Bottleneck, 'stage' | 'service' | 'cause' | 'waiting' | 'sentence'>

/**
 * What holds the flow back. Walks from the sink to the source: the last stage that waits points downstream, and of the stages
 * there the one that its CPU limit holds back is it, else the busiest. Records that pile up before the workers wait too.
 */
export function findBottleneck(load: FlowLoad, targets: Targets): Found {
  const { stages } = load
  const told = stages.filter(({ busy }) => busy !== undefined)
  if (told.length === 0)
    return {
      stage: null,
      service: null,
      cause: null,
      waiting: [],
      sentence: 'bottleneck n/a: no source tells how busy it is',
    }
  const last = stages.findLastIndex(({ waiting }) => (waiting ?? 0) >= WAITS_FROM)
  if (last >= 0) {
    const waiting = stages.filter(({ waiting }) => (waiting ?? 0) >= WAITS_FROM).map(({ stage }) => stage)
    const culprit = worstOf(downstreamOf(stages, last))
    if (culprit) return tell(culprit, { waiting, targets })
  }
  // A lag is judged over several samples: it may be called too high when nothing waits any more.
  const { lag } = load
  if (lag && lag.records > 0 && (lag.state !== 'ok' || lag.drain.kind === 'never'))
    return behindLag(load, targets)
  if (load.late) {
    const held = stages.filter((stage) => isThrottled(stage, targets)).sort(byThrottling)[0]
    if (held) return tell(held, { waiting: ['the end-to-end latency'], targets })
  }
  return nothingHoldsBack(stages, targets)
}

/** Workers write to Kafka and read from it: it is on both sides of them. */
function downstreamOf(stages: readonly StageLoad[], index: number): StageLoad[] {
  const after = stages.slice(index + 1)
  const kafka = stages.find(({ stage }) => stage === 'kafka')
  return stages[index]?.stage === 'workers'
    ? kafka
      ? [kafka]
      : []
    : after.filter(({ stage }) => stage !== 'backend')
}

function behindLag(load: FlowLoad, targets: Targets): Found {
  const workers = load.stages.find(({ stage }) => stage === 'workers')
  const candidates = load.stages.filter(({ stage }) => stage === 'kafka' || stage === 'workers')
  const waiting = [`${formatCount(load.lag?.records ?? 0)} records`]
  const held = candidates.filter((stage) => isThrottled(stage, targets)).sort(byThrottling)[0]
  if (held) return tell(held, { waiting, targets })
  if (workers && (load.balance ?? 1) >= UNEVEN_FROM && (workers.busy ?? 0) < targets.warnShare)
    return {
      stage: 'workers',
      service: workers.service,
      cause: 'uneven',
      waiting,
      sentence: `one slot has ${(load.balance ?? 0).toFixed(1)} times its share: ${waiting[0]} wait for it`,
    }
  const culprit = worstOf(candidates) ?? workers
  return culprit ? tell(culprit, { waiting, targets }) : nothingHoldsBack(load.stages, targets)
}

function worstOf(candidates: readonly StageLoad[]): StageLoad | undefined {
  const held = candidates
    .filter(({ throttled }) => (throttled?.share ?? 0) >= WAITS_FROM)
    .sort(byThrottling)[0]
  return held ?? candidates.toSorted((a, b) => (b.busy ?? -1) - (a.busy ?? -1))[0]
}

function isThrottled({ throttled }: StageLoad, targets: Targets): boolean {
  return throttled !== undefined && throttled.share > targets.throttledShare
}

function byThrottling(a: StageLoad, b: StageLoad): number {
  return (b.throttled?.share ?? 0) - (a.throttled?.share ?? 0)
}

const NAMES: Record<FlowStage, string> = {
  provider: 'the provider',
  kafka: 'the broker',
  workers: 'the workers',
  backend: 'the backend',
}

function tell(
  culprit: StageLoad,
  { waiting, targets }: { waiting: readonly string[]; targets: Targets },
): Found {
  const { stage, busy, throttled } = culprit
  const waits = waiting.length === 1 && !isPlural(waiting[0]) ? 'waits' : 'wait'
  const who = `${waiting.map(withArticle).join(' and ')} ${waits} for ${NAMES[stage]}`
  const base = { stage, waiting: [...waiting] }
  if (throttled && isThrottled(culprit, targets))
    return {
      ...base,
      service: throttled.service,
      cause: 'throttled',
      sentence: `${throttled.service} throttled ${percent(throttled.share)}: ${who}`,
    }
  const cause = (busy ?? 0) >= targets.busyShare ? 'busy' : 'slow'
  const how =
    busy === undefined ? 'is slow' : cause === 'busy' ? `${percent(busy)} busy` : `only ${percent(busy)} busy`
  return { ...base, service: culprit.service, cause, sentence: `${culprit.service} ${how}: ${who}` }
}

function isPlural(name: string | undefined): boolean {
  return name === 'workers' || name?.endsWith('records') === true
}

function withArticle(name: string): string {
  return name === 'provider' || name === 'backend' ? `the ${name}` : name
}

function nothingHoldsBack(stages: readonly StageLoad[], targets: Targets): Found {
  const workers = stages.find(({ stage }) => stage === 'workers')
  const busiest =
    workers?.busy !== undefined ? workers : stages.toSorted((a, b) => (b.busy ?? -1) - (a.busy ?? -1))[0]
  const held = stages.filter((stage) => isThrottled(stage, targets)).sort(byThrottling)[0]
  const busy = busiest?.busy === undefined ? '' : `: ${percent(busiest.busy)} busy`
  const also = held?.throttled
    ? `; ${held.throttled.service} is throttled ${percent(held.throttled.share)}`
    : ''
  return { stage: null, service: null, cause: null, waiting: [], sentence: `no bottleneck${busy}${also}` }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
