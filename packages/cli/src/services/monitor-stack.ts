import { type Evaluation, Evaluator, type Recording, type Snapshot } from '@radtune/core/metrics'
import type { Clock } from '../ports/clock.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { createSnapshotCollector } from './collect-snapshots.ts'
import type { MonitorPace } from './monitor-pace.ts'

/** One instant of a monitored stack: what was said, what it means, and the evaluator that holds the history of it. */
export interface Moment {
  snapshot: Snapshot
  evaluation: Evaluation
  evaluator: Evaluator
}

export interface Monitoring {
  pace: Pick<MonitorPace, 'intervalMs'>
  /** Somebody looks: the first moment does not wait for a source that is slow. */
  hurried?: boolean
  signal: AbortSignal
}

const HOUR_MS = 3_600_000
/** So soon a changed pace is noticed. */
const MOST_SLEEP_MS = 250
const HURRIED_MS = 120

/**
 * Watches a stack until the signal is aborted: a moment each interval, measured from the first. The history is filled with what the
 * services remember as soon as they have told it; the first moment does not wait for that.
 */
export async function* monitorStack(
  world: StackWorld,
  { pace, signal, hurried = false }: Monitoring,
): AsyncGenerator<Moment, void, undefined> {
  const collector = createSnapshotCollector(world, {
    get intervalMs() {
      return pace.intervalMs
    },
    ...(hurried ? { firstPatienceMs: HURRIED_MS } : {}),
  })
  let evaluator: Evaluator | undefined
  let filled = false
  try {
    let due = world.clock.now()
    while (!signal.aborted) {
      const snapshot = await collector.sample()
      evaluator ??= createEvaluator(collector.targets(), pace.intervalMs)
      if (!filled && snapshot.services.known) {
        filled = true
        void fillHistory(evaluator, collector.past(snapshot))
      }
      yield { snapshot, evaluation: evaluator.add(snapshot), evaluator }
      due = await untilDue(due)
    }
  } finally {
    await collector.close()
  }

  /** Sleeps until one interval after `last`, or now when that is over; answers when that is. */
  async function untilDue(last: number): Promise<number> {
    const { clock } = world
    for (;;) {
      const leftMs = last + pace.intervalMs - clock.now()
      if (leftMs <= 0 || signal.aborted) return Math.max(last + pace.intervalMs, clock.now())
      await clock.sleep(Math.min(leftMs, MOST_SLEEP_MS), signal).catch(() => undefined)
    }
  }
}

/** Tells a recording again, at the speed of `pace` times as fast as it happened; 0 is as fast as possible. */
export async function* replayRecording(
  { header, snapshots }: Recording,
  { clock, pace, signal }: { clock: Clock; pace: Pick<MonitorPace, 'speed'>; signal: AbortSignal },
): AsyncGenerator<Moment, void, undefined> {
  const evaluator = createEvaluator(header.targets, header.intervalMs)
  let before: Snapshot | undefined
  for (const snapshot of snapshots) {
    if (before && pace.speed > 0)
      await clock.sleep((snapshot.at - before.at) / pace.speed, signal).catch(() => undefined)
    if (signal.aborted) return
    yield { snapshot, evaluation: evaluator.add(snapshot), evaluator }
    before = snapshot
  }
}

/** Holds an hour, whatever the interval. */
function createEvaluator(targets: Evaluator['targets'], intervalMs: number): Evaluator {
  const windowMs = Math.max(60_000, intervalMs * 10)
  return new Evaluator({ targets, windowMs, capacity: Math.ceil(HOUR_MS / Math.min(1000, intervalMs)) })
}

async function fillHistory(evaluator: Evaluator, past: Promise<readonly Snapshot[]>): Promise<void> {
  evaluator.addPast(await past.catch(() => []))
}

/**
 * Why a stack is not healthy yet, in the words of a sentence; undefined when it is: every service is healthy and every source
 * answers. How well it does is another question.
 */
export function whyNotHealthy({ snapshot }: Pick<Moment, 'snapshot'>): string | undefined {
  const { services } = snapshot
  if (!services.known) return services.why
  const ill = services.value.find(({ condition }) => condition !== 'healthy')
  if (ill) return `${ill.name} is ${ill.condition}${ill.reason ? `: ${ill.reason}` : ''}`
  return whyOfSilence(snapshot)
}

/** Why one of the sources of a snapshot says nothing; undefined when all say something. */
export function whyOfSilence(snapshot: Snapshot): string | undefined {
  const { services, host, kafka, provider, backend, workers } = snapshot
  const ofWorkers = workers.map(({ sample }) => sample)
  const sources = [services, host, kafka.topics, kafka.commits, provider, backend, ...ofWorkers]
  const silent = sources.find((source) => !source.known)
  return silent && !silent.known ? silent.why : undefined
}
