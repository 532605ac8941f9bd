import { type LatencyCount, latencyCountOf, type Window } from '@radtune/core/bench'
import { RECENT_LATENCY_MS } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { History, Snapshot } from '@radtune/core/metrics'
import type { StackWorld } from '../ports/stack-world.ts'
import { NOTHING_RUNS } from './collect-snapshots.ts'
import type { Moment } from './monitor-stack.ts'
import { runningLaunch } from './running-launch.ts'
import type { StackObserver } from './stack-observer.ts'

/** How long a load is held. */
export interface Holding {
  /** Time that is not measured, after what was set is in force. */
  warmUpMs: number
  forMs: number
}

/** A stack that is held under load. */
export interface Loaded {
  world: StackWorld
  observer: StackObserver
  signal: AbortSignal
  /** Says what goes on, and how long it takes still. */
  onProgress(what: string, leftMs: number): void
}

/** What was seen while a load was held. */
export interface Held {
  history: History
  snapshot: Snapshot
  window: Window
  /** From when on a recent latency is of this load alone. */
  latencyFrom: number
  latencies: readonly LatencyCount[]
}

/** A runtime that tells nothing for so long has lost its stack. */
const LOST_MS = 15_000

/**
 * Watches a load that was set just now: through the warm-up, then for as long as is measured. Throws RT-BENCH-002 when the provider
 * stops, RT-BENCH-003 when the stack does not stay up, and the signal's reason.
 */
export async function holdLoad(
  { world, observer, signal, onProgress }: Loaded,
  { warmUpMs, forMs }: Holding,
): Promise<Held> {
  const inForceAt = world.clock.now()
  let toldAt = inForceAt
  const latencies: LatencyCount[] = []
  const watch = async (until: number, what: string) =>
    await observer.observe((moment) => {
      const { services, at } = moment.snapshot
      if (services.known) toldAt = at
      refuseEnd(moment, at - toldAt)
      const latency = latencyCountOf(moment.snapshot)
      if (latency) latencies.push(latency)
      onProgress(what, Math.max(0, until - at))
      return at >= until
    }, signal)
  const { snapshot: first } = await watch(inForceAt + warmUpMs, 'warming up')
  const from = first.at
  const { snapshot, evaluator } = await watch(from + forMs, 'measuring')
  return {
    history: evaluator.history,
    snapshot,
    window: { from, to: snapshot.at },
    latencyFrom: inForceAt + RECENT_LATENCY_MS,
    latencies,
  }
}

/**
 * Takes the first sample of a stack that is to be loaded. Throws RT-BENCH-001 when it is not healthy, RT-BENCH-002 when its provider
 * would not take a load.
 */
export async function checkLoadable({ world, observer, signal }: Loaded): Promise<Moment> {
  const giveUpAt = world.clock.now() + LOST_MS
  // On a busy machine a source may take longer than its first sample waits.
  const moment = await observer.observe(
    ({ snapshot: { services, provider, at } }) => (services.known && provider.known) || at >= giveUpAt,
    signal,
  )
  const { services, provider, settings } = moment.snapshot
  if (!services.known) throw new RadtuneError('RT-BENCH-001', { what: services.why })
  const ill = services.value.find(({ condition }) => condition !== 'healthy')
  if (ill)
    throw new RadtuneError('RT-BENCH-001', {
      what: `${ill.name} is ${ill.condition}`,
      ...(ill.reason === null ? {} : { why: ill.reason }),
      fix: ['radtune status', `radtune logs ${ill.name}`],
    })
  if (!provider.known)
    throw new RadtuneError('RT-BENCH-002', { what: 'the provider does not answer', why: provider.why })
  refuseProvider(provider.value.state)
  const speed = settings.known ? settings.value.values['provider.playbackSpeed'] : undefined
  if (typeof speed === 'number' && speed > 0)
    throw new RadtuneError('RT-BENCH-002', {
      what: `the provider replays captured time at ${speed} times its speed`,
      why: 'provider.playbackSpeed goes before provider.rate',
      fix: ['radtune set provider.playbackSpeed=0'],
    })
  return moment
}

function refuseEnd({ snapshot: { services, provider } }: Moment, silentMs: number): void {
  if (!services.known && (services.why === NOTHING_RUNS || silentMs > LOST_MS))
    throw new RadtuneError('RT-BENCH-003', {
      what: 'the stack ended while it was being measured',
      why: services.why,
    })
  const failed = services.known ? services.value.find(({ condition }) => condition === 'failed') : undefined
  if (failed)
    throw new RadtuneError('RT-BENCH-003', {
      what: `${failed.name} failed while it was being measured`,
      ...(failed.reason === null ? {} : { why: failed.reason }),
      fix: [`radtune logs ${failed.name}`, 'radtune up'],
    })
  if (provider.known) refuseProvider(provider.value.state)
}

function refuseProvider(state: 'starting' | 'running' | 'paused' | 'finished' | 'failed'): void {
  switch (state) {
    case 'starting':
    case 'running':
      return
    case 'finished':
      throw new RadtuneError('RT-BENCH-002', {
        what: 'the provider has published all its data',
        why: 'files are read once, unless they are replayed',
        fix: ['radtune up --data FILE --loop', 'radtune up   (generated readings, which never end)'],
      })
    case 'paused':
      throw new RadtuneError('RT-BENCH-002', {
        what: 'the provider is paused',
        fix: ['radtune set provider.playback=run'],
      })
    case 'failed':
      throw new RadtuneError('RT-BENCH-002', {
        what: 'the provider has failed',
        fix: ['radtune logs provider', 'radtune up'],
      })
  }
}

/** What runs, for who loads it. Throws RT-BENCH-001. */
export async function loadedLaunch(world: StackWorld) {
  const stack = await world.runtime.inspect()
  if (!stack) throw new RadtuneError('RT-BENCH-001', { what: NOTHING_RUNS })
  return { stack, launch: await runningLaunch(world, stack) }
}
