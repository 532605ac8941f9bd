import type { WarmUp } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { Launch, StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { awaitFirstRecord, type FirstRecord, statsPort } from './await-records.ts'
import { type CriticalStep, criticalPath } from './critical-path.ts'
import { startDeadline } from './deadline.ts'
import { type LateService, lookIntoLate, notReady, type ServiceEvent } from './late-services.ts'
import type { Launching } from './launch-stack.ts'
import { publishLaunchSettings } from './publish-settings.ts'

/** What is to be started, and what was there before. */
export interface Start {
  launch: Launch
  /** The stack that ran before, when one did. */
  before: StackState | undefined
  startedAt: number
  /** Programs that run once and are to run again, though nothing of them differs. */
  again: readonly string[]
}

/** What starting the services came to. */
export interface Brought {
  stack: StackState
  first: FirstRecord | undefined
  warmUp: WarmUp | undefined
  criticalPath: readonly CriticalStep[]
}

/** A stack that ran before may run on with changed settings: they are in force when its services say so. */
export async function settleSettings({ world, talk, warn }: Launching, launch: Launch): Promise<void> {
  try {
    const { acknowledgements } = await publishLaunchSettings(world, launch, {
      by: 'radtune up',
      timeoutMs: SETTLE_MS,
      signal: talk.signal,
    })
    for (const { service, acknowledged, why } of acknowledgements)
      if (!acknowledged) warn(`${service} does not run by the settings of the plan: ${why}`)
  } catch (error) {
    if (!(error instanceof RadtuneError) || talk.signal.aborted) throw error
    warn(`${error.message}${error.why ? `: ${error.why}` : ''}`)
  }
}

/**
 * Starts what is missing or differs and waits until the first record has gone through. Throws what the runtime throws, and
 * RT-UP-005 when it was not ready in time.
 */
export async function startServices(
  launching: Launching,
  { launch, before, startedAt, again }: Start,
): Promise<Brought> {
  const { world, request, talk } = launching
  const conditions = new Map<string, ServiceEvent>()
  const readyAt = new Map<string, number>()
  let warmUp: WarmUp | undefined
  let late: LateService[] = []
  const deadline = startDeadline(world.clock, {
    timeoutMs: request.timeoutMs,
    signal: talk.signal,
    async beforeAbort() {
      late = await lookIntoLate(world, { launch, conditions })
    },
  })
  const broker = world.broker(launch.ports.kafka)
  try {
    const receivedBefore = before ? await receivedSoFar(world, before) : undefined
    const stack = await world.runtime.launch(launch, {
      signal: deadline.signal,
      again,
      onEvent(event) {
        // A download takes as long as the line needs; the runtime bounds it.
        if (event.kind === 'fetching') deadline.pause()
        else deadline.resume()
        if (event.kind === 'service') {
          conditions.set(event.name, event)
          if (isReady(event) && !readyAt.has(event.name)) readyAt.set(event.name, world.clock.now())
        }
        if (event.kind === 'warm-up') warmUp = event.warmUp
        talk.onEvent({ kind: 'runtime', event })
      },
    })
    deadline.resume()
    const path = criticalPath(launch.spec, { startedAt, readyAt })
    if (before) await settleSettings(launching, launch)
    if (launch.spec.services.every(({ name }) => sameProcess(before, stack, name)))
      return { stack, first: undefined, warmUp, criticalPath: path }
    talk.onEvent({ kind: 'awaiting-record' })
    const baseline = sameProcess(before, stack, 'backend') ? (receivedBefore ?? 0) : 0
    const first = await awaitFirstRecord({ world, broker, launch, signal: deadline.signal }, baseline)
    talk.onEvent({ kind: 'first-record', first })
    return { stack, first, warmUp, criticalPath: path }
  } catch (error) {
    throw deadline.expired() ? notReady(request.timeoutMs, { late, begun: conditions.size > 0 }) : error
  } finally {
    deadline.end()
    await broker.close()
  }
}

/** What runs once is ready when it has ended. */
function isReady({ name, condition }: ServiceEvent): boolean {
  return condition === 'healthy' || (condition === 'stopped' && name === 'topics')
}

/** A worker takes up a change of slots once the group has settled; a machine under load takes its time. */
const SETTLE_MS = 30_000

async function receivedSoFar(world: StackWorld, { launch }: StackState): Promise<number> {
  const sample = await world.stats.backend(statsPort(launch, 'backend'))
  return sample.known ? sample.value.received.normal + sample.value.received.critical : 0
}

function sameProcess(before: StackState | undefined, after: StackState, service: string): boolean {
  const pidOf = (stack: StackState | undefined) => stack?.services.find(({ name }) => name === service)?.pid
  return pidOf(before) !== undefined && pidOf(before) === pidOf(after)
}
