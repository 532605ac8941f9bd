import { type RecordSums, sumRecords } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { Broker } from '../ports/broker.ts'
import type { Launch } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { failedService } from './failed-service.ts'

/** What the first record told, or why none came. */
export type FirstRecord =
  | { kind: 'through'; latencyMs: number | null; elapsedMs: number }
  /** All data are processed, and none of them was valid. */
  | { kind: 'nothing-valid'; sums: RecordSums; elapsedMs: number }
  /** The data were published by an earlier run. */
  | { kind: 'nothing-new'; rowsRead: number; elapsedMs: number }
  /** The provider is told to hold records back. */
  | { kind: 'paused'; elapsedMs: number }

interface Waiting {
  world: Pick<StackWorld, 'runtime' | 'stats' | 'clock'>
  broker: Broker
  launch: Launch
  signal: AbortSignal
}

const POLL_MS = 200
/** How long the backend may take to receive what the workers have already acknowledged. */
const BACKEND_GRACE_MS = 5_000

/**
 * Resolves when a record has gone through provider, Kafka, worker and Kafka to the backend, or when it is certain that
 * none will: the provider is paused, or has finished and nothing is in flight. `receivedBefore` is the backend's count at the start.
 * Rejects with the signal's reason, and with RT-UP-003 or RT-UP-004 when a service fails meanwhile.
 */
export async function awaitFirstRecord(
  { world, broker, launch, signal }: Waiting,
  receivedBefore: number,
): Promise<FirstRecord> {
  const startedAt = world.clock.now()
  let settledAt: number | undefined
  for (;;) {
    const elapsedMs = world.clock.now() - startedAt
    const backend = await world.stats.backend(statsPort(launch, 'backend'))
    if (backend.known && received(backend.value) > receivedBefore) {
      const { p50Ms, maxMs } = backend.value.endToEnd
      return { kind: 'through', latencyMs: p50Ms ?? maxMs, elapsedMs }
    }
    const provider = await world.stats.provider(statsPort(launch, 'provider'))
    if (provider.known && provider.value.state === 'finished') {
      const settled = await settledSums(broker)
      if (settled && provider.value.published === 0)
        return { kind: 'nothing-new', rowsRead: provider.value.read, elapsedMs }
      if (settled) settledAt ??= world.clock.now()
      if (settled && settledAt !== undefined && world.clock.now() - settledAt >= BACKEND_GRACE_MS)
        return { kind: 'nothing-valid', sums: settled, elapsedMs }
    }
    if (provider.known && provider.value.state === 'paused') return { kind: 'paused', elapsedMs }
    await refuseFailure(world, provider.known && provider.value.state === 'failed')
    await world.clock.sleep(POLL_MS, signal)
  }
}

export interface Processing {
  sums: RecordSums | undefined
  rowsRead: number | undefined
  recordsPerSecond: number | undefined
}

/**
 * Resolves with the sums when the provider has finished and nothing is in flight. `onMoved` is called whenever the counts
 * have changed. Throws RT-UP-007 when the counters of a partition do not match its offsets; else as `awaitFirstRecord`.
 */
export async function awaitProcessed(
  { world, broker, launch, signal }: Waiting,
  onMoved: (processing: Processing) => void,
): Promise<RecordSums> {
  let before = ''
  for (;;) {
    // The provider first: what it calls finished is then within the offsets that are read after it.
    const provider = await world.stats.provider(statsPort(launch, 'provider'))
    const summed = await summedProgress(broker)
    const finished = provider.known && provider.value.state === 'finished'
    if (finished && summed && summed.sums.inFlight === 0) {
      refuseMismatch(summed.mismatches)
      return summed.sums
    }
    const processing: Processing = {
      sums: summed?.sums,
      rowsRead: provider.known ? provider.value.read : undefined,
      recordsPerSecond: provider.known ? provider.value.recordsPerSecond : undefined,
    }
    const now = JSON.stringify([summed?.sums, processing.rowsRead])
    if (now !== before) onMoved(processing)
    before = now
    await refuseFailure(world, provider.known && provider.value.state === 'failed')
    await world.clock.sleep(POLL_MS, signal)
  }
}

/** The port under which a service answers `/stats`; -1, where nothing can listen, when the launch has none for it. */
export function statsPort(launch: Launch, service: string): number {
  return launch.ports.stats[service] ?? -1
}

function received({
  received: { normal, critical },
}: {
  received: { normal: number; critical: number }
}): number {
  return normal + critical
}

async function summedProgress(broker: Broker): Promise<ReturnType<typeof sumRecords> | undefined> {
  try {
    return sumRecords(await broker.progress())
  } catch {
    return undefined // Kafka does not answer just now: asked again until the deadline.
  }
}

async function settledSums(broker: Broker): Promise<RecordSums | undefined> {
  const summed = await summedProgress(broker)
  return summed && summed.sums.inFlight === 0 ? summed.sums : undefined
}

function refuseMismatch(mismatches: ReturnType<typeof sumRecords>['mismatches']): void {
  if (mismatches.length === 0) return
  const evidence = mismatches.map(({ partition, processed, counted }) =>
    counted === undefined
      ? `partition ${partition}: ${processed} processed, no counters in the commit`
      : `partition ${partition}: ${processed} processed, ${counted} counted`,
  )
  throw new RadtuneError('RT-UP-007', {
    what: 'the counters of the workers do not match the offsets they committed',
    why: evidence.join('; '),
    left: 'the stack is running; radtune down stops it',
  })
}

async function refuseFailure(
  { runtime }: Pick<StackWorld, 'runtime'>,
  providerFailed: boolean,
): Promise<void> {
  const stack = await runtime.inspect()
  const failure = await failedService(runtime, stack, providerFailed ? 'provider' : undefined)
  if (failure) throw failure
}
