import { type Evaluation, Evaluator, type Recording, type Snapshot } from '@radtune/core/metrics'
import type { Clock } from '../ports/clock.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { createSnapshotCollector } from './collect-snapshots.ts'

/** One instant of a monitored stack: what was said, what it means, and the evaluator that holds the history of it. */
export interface Moment {
  snapshot: Snapshot
  evaluation: Evaluation
  evaluator: Evaluator
}

export interface Monitoring {
  intervalMs: number
  signal: AbortSignal
}

const HOUR_MS = 3_600_000

/**
 * Watches a stack until the signal is aborted: a moment each interval, measured from the first. The history is filled with what the
 * services remember as soon as they have told it; the first moment does not wait for that.
 */
export async function* monitorStack(
  world: StackWorld,
  { intervalMs, signal }: Monitoring,
): AsyncGenerator<Moment, void, undefined> {
  const collector = createSnapshotCollector(world, { intervalMs })
  let evaluator: Evaluator | undefined
  try {
    let due = world.clock.now()
    while (!signal.aborted) {
      const snapshot = await collector.sample()
      if (!evaluator) {
        evaluator = createEvaluator(collector.targets(), intervalMs)
        void fillHistory(evaluator, collector.past(snapshot))
      }
      yield { snapshot, evaluation: evaluator.add(snapshot), evaluator }
      due = Math.max(due + intervalMs, world.clock.now())
      await world.clock.sleep(due - world.clock.now(), signal).catch(() => undefined)
    }
  } finally {
    await collector.close()
  }
}

/** Tells a recording again, `speed` times as fast as it happened; 0 is as fast as possible. */
export async function* replayRecording(
  { header, snapshots }: Recording,
  { clock, speed, signal }: { clock: Clock; speed: number; signal: AbortSignal },
): AsyncGenerator<Moment, void, undefined> {
  const evaluator = createEvaluator(header.targets, header.intervalMs)
  let before: Snapshot | undefined
  for (const snapshot of snapshots) {
    if (before && speed > 0)
      await clock.sleep((snapshot.at - before.at) / speed, signal).catch(() => undefined)
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
