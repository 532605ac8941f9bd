import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import {
  GROUPS,
  type Health,
  type SettingsReport,
  type SlotFault,
  slotFaultText,
  type WorkerSample,
} from '@radtune/core/contract'
import type { SettingValues } from '@radtune/core/settings'
import { workerRules } from '@radtune/core/stack'
import { formatBytes } from '@radtune/core/units'
import type { Logger } from 'pino'
import { removeMembers } from '../kafka/index.ts'
import type { LiveSettings } from '../live-settings/index.ts'
import { processSample, startStatsServer } from '../stats-server/index.ts'
import type { SlotCommand, SlotHealth, SlotMessage, SlotStart } from './slot-messages.ts'
import type { SlotSettings } from './slot-settings.ts'
import { workerMetrics } from './worker-metrics.ts'
import { slotHeapOfShare, slotsOfShare, type WorkerShare } from './worker-share.ts'

type WorkerSettings = SlotSettings & Pick<SettingValues, 'pipeline.parallelism'>

export interface WorkerOptions {
  service: string
  bootstrap: string
  share: WorkerShare
  statsAddress: string
  /** Planted in each slot. */
  fault: SlotFault | undefined
  settings: Pick<LiveSettings<keyof WorkerSettings>, 'values' | 'onChange' | 'reject' | 'report'>
  logger: Logger
}

interface RunningSlot {
  index: number
  thread: Worker
  heapBytes: number
  /** Its settings are those of this generation. */
  generation: number
  startedAt: number
  /** It joined a worker that ran already, and may take a moment for that. */
  added: boolean
  sample: Extract<SlotMessage, { kind: 'stats' }> | undefined
  /** Monotonic milliseconds at which it came. */
  sampledAt: number
  failure: string | undefined
  stopped: Promise<void>
}

/** A fetch is answered within `fetch.max.wait`; silence for this long means that the broker is away or the slot hangs. */
const SILENCE_MS = 15_000
const RESTART_DELAY_MS = 1000
/** A slot that is added to a running worker counts as healthy for so long before it has joined. */
const ADDED_GRACE_MS = 15_000
const MIB = 1024 * 1024
/** Beside this file, and like it a source or built. */
const SLOT_THREAD = import.meta.url.endsWith('.ts')
  ? new URL('./slot-thread.ts', import.meta.url)
  : new URL('./slot-thread.js', import.meta.url)
/**
 * Records die young. Left to itself V8 lets the young generation grow beyond what the old one has to spare, and then marks
 * the old one over and over for nothing: three times the CPU per record at full speed, measured.
 */
const YOUNG_GENERATION_MB = 16

/**
 * Runs a worker process: one thread per slot, started again when it fails, and the stats of all of them over HTTP. Follows
 * the settings: slots come and go, the others go on by the new values. `close` lets every slot finish, commit and leave.
 */
export async function startWorker(options: WorkerOptions): Promise<{ close(): Promise<void> }> {
  const { logger, settings, share, fault } = options
  if (fault)
    logger.warn({ fault }, `A FAULT IS PLANTED: ${slotFaultText(fault)}. Only tests and demos do that`)
  // On the command line it limits the heap of the main thread, which has got it by now. Left there it would be that of every thread:
  // it wins over the limits that slots are given (Node's documentation of resourceLimits).
  setFlagsFromString('--max-old-space-size=0')
  const slots = new Map<number, RunningSlot>()
  /** Slots that are no longer wanted and finish what they have. */
  const leaving = new Map<number, RunningSlot>()
  let total = share.startTotal
  let generation = 0
  let settled: SettingsReport = { ...settings.report(), revision: null }
  let started = false
  let closing = false

  const wanted = () => slotsOfShare(total, share)

  function startSlot(index: number): void {
    const slot = spawnSlot(options, {
      index,
      generation,
      heapBytes: slotHeapOfShare(wanted(), share),
      added: started,
    })
    slots.set(index, slot)
    void slot.stopped.then(() => {
      if (closing || slots.get(index) !== slot) return
      logger.error({ slot: index, reason: slot.failure }, 'slot ended, starting it again')
      setTimeout(() => {
        if (slots.get(index) === slot) slots.delete(index)
        reconcile()
      }, RESTART_DELAY_MS)
    })
  }

  /** A new slot of an index has the name of the old one in the group: it waits until that one has left. */
  function retire(slot: RunningSlot): void {
    slots.delete(slot.index)
    leaving.set(slot.index, slot)
    void stopSlot(slot, { leave: slot.index >= wanted() }).then(() => {
      leaving.delete(slot.index)
      reconcile()
    })
  }

  /** Brings the slots to what is wanted: too many leave, those with more heap than their share too, missing ones start. */
  function reconcile(): void {
    if (closing) return
    const heapBytes = slotHeapOfShare(wanted(), share)
    for (const slot of [...slots.values()])
      if (slot.index >= wanted() || slot.heapBytes > heapBytes) retire(slot)
    for (let index = 0; index < wanted(); index += 1)
      if (!slots.has(index) && !leaving.has(index)) startSlot(index)
  }

  function applyTotal(next: number): void {
    const slotHeap = slotHeapOfShare(slotsOfShare(next, share), share)
    if (slotHeap >= workerRules.floorSlotHeapBytes || next <= total) {
      total = next
      return
    }
    const why = `${slotsOfShare(next, share)} slots would have ${formatBytes(slotHeap)} of heap each, and need ${formatBytes(workerRules.floorSlotHeapBytes)}`
    logger.warn({ parallelism: next, why }, 'the number of slots stays')
    settings.reject('pipeline.parallelism', { why, value: total })
  }

  settings.onChange((values) => {
    applyTotal(values['pipeline.parallelism'])
    generation += 1
    for (const { thread } of slots.values())
      thread.postMessage({ kind: 'settings', settings: settings.values, generation } satisfies SlotCommand)
    reconcile()
  })

  /** A revision counts as applied when every slot that is wanted has joined and runs by it, and no other is left. */
  function report(): SettingsReport {
    const all = [...slots.values()]
    const done =
      leaving.size === 0 &&
      all.length === wanted() &&
      all.every((slot) => slot.generation === generation && slot.sample?.health.joined)
    const now = settings.report()
    if (done) settled = now
    return { ...now, revision: settled.revision, applied: settled.applied }
  }

  applyTotal(settings.values['pipeline.parallelism'])
  void removeFormerSlots(options, wanted())
  reconcile()
  started = true
  const process = processSample(options.service)
  const sample = (): WorkerSample => ({
    ...process(report()),
    slots: [...slots.values(), ...leaving.values()].flatMap((slot) =>
      slot.sample ? [slot.sample.stats] : [],
    ),
  })
  const server = await startStatsServer({
    address: options.statsAddress,
    sample,
    health: () => healthOf([...slots.values()], wanted() - leaving.size),
    metrics: () => workerMetrics(sample()),
  })
  logger.info({ slots: wanted(), revision: settings.report().revision }, 'worker started')
  return {
    async close() {
      closing = true
      await Promise.all([
        ...[...slots.values()].map((slot) => stopSlot(slot, { leave: false })),
        ...[...leaving.values()].map(({ stopped }) => stopped),
      ])
      await server.close()
    },
  }
}

/** Static members hold their partitions until their session ends: slots that this worker had and has no more give them up. */
async function removeFormerSlots(
  { service, bootstrap, logger }: WorkerOptions,
  slots: number,
): Promise<void> {
  const client = { bootstrap, clientId: service, log: () => undefined }
  const isFormer = (clientId: string) => {
    const [of, slot] = clientId.split('-slot-')
    return of === service && Number(slot) >= slots
  }
  try {
    const removed = await removeMembers(client, GROUPS.worker, isFormer)
    if (removed > 0) logger.info({ removed }, 'removed slots that this worker has no more from the group')
  } catch (error) {
    logger.warn(
      { err: error },
      'slots that this worker has no more stay in the group until their session ends',
    )
  }
}

function spawnSlot(
  { service, bootstrap, settings, fault, logger }: WorkerOptions,
  { index, generation, heapBytes, added }: Pick<RunningSlot, 'index' | 'generation' | 'heapBytes' | 'added'>,
): RunningSlot {
  const start: SlotStart = { slot: index, service, bootstrap, settings: settings.values, generation, fault }
  const thread = new Worker(SLOT_THREAD, {
    workerData: start,
    name: `slot-${index}`,
    resourceLimits: {
      maxOldGenerationSizeMb: Math.floor(heapBytes / MIB),
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
    },
  })
  const slot: RunningSlot = {
    index,
    thread,
    heapBytes,
    generation: -1,
    startedAt: performance.now(),
    added,
    sample: undefined,
    sampledAt: 0,
    failure: undefined,
    stopped: new Promise((resolve) => thread.once('exit', () => resolve())),
  }
  thread.on('message', (message: SlotMessage) => onMessage(slot, message, logger))
  thread.on('error', (error) => {
    slot.failure = error.message
    logger.error({ slot: index, err: error }, 'slot crashed')
  })
  return slot
}

function onMessage(slot: RunningSlot, message: SlotMessage, logger: Logger): void {
  switch (message.kind) {
    case 'stats':
      slot.sample = message
      slot.sampledAt = performance.now()
      return
    case 'log':
      logger[message.level]({ slot: slot.index, ...message.details }, message.message)
      return
    case 'applied':
      slot.generation = message.generation
      return
    case 'failed':
      slot.failure = message.message
      void slot.thread.terminate()
      return
    case 'stopped':
      return
  }
}

/** `leave` gives its place in the group up for good; else it is expected back. */
async function stopSlot(slot: RunningSlot, { leave }: { leave: boolean }): Promise<void> {
  slot.thread.postMessage({ kind: 'stop', leave } satisfies SlotCommand)
  await slot.stopped
}

/** Healthy when every slot is a member of the group and hears from the broker. A worker without slots is healthy. */
function healthOf(slots: readonly RunningSlot[], expected: number): Health {
  const reasons = slots.flatMap(({ index, failure, sample, sampledAt, added, startedAt }) => {
    const arriving = added && !failure && performance.now() - startedAt < ADDED_GRACE_MS
    const reason = arriving ? undefined : slotProblem(failure, sample?.health, performance.now() - sampledAt)
    return reason ? [`slot ${index}: ${reason}`] : []
  })
  if (slots.length < expected) reasons.push(`${slots.length} of ${expected} slots are up`)
  return { healthy: reasons.length === 0, reason: reasons.length === 0 ? null : reasons.join('; ') }
}

/** `ageMs` is how old `health` is: a thread that hangs says nothing more. */
function slotProblem(
  failure: string | undefined,
  health: SlotHealth | undefined,
  ageMs: number,
): string | undefined {
  if (failure) return `failed: ${failure.split('\n')[0]}`
  if (!health?.joined) return 'has not joined the group yet'
  if (health.silentMs === undefined) return 'has not heard from the broker yet'
  const silentMs = health.silentMs + ageMs
  if (silentMs > SILENCE_MS) return `no answer from Kafka for ${Math.round(silentMs / 1000)} s`
  return undefined
}
