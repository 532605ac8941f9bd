import { Worker } from 'node:worker_threads'
import type { Health, WorkerSample } from '@radtune/core/contract'
import type { Logger } from 'pino'
import { processSample, startStatsServer } from '../stats-server/index.ts'
import type { SlotCommand, SlotHealth, SlotMessage, SlotStart } from './slot-messages.ts'
import type { SlotSettings } from './slot-settings.ts'
import { workerMetrics } from './worker-metrics.ts'

export interface WorkerOptions {
  service: string
  bootstrap: string
  slots: number
  slotHeapBytes: number
  statsAddress: string
  settings: SlotSettings
  logger: Logger
}

interface RunningSlot {
  index: number
  thread: Worker
  sample: Extract<SlotMessage, { kind: 'stats' }> | undefined
  /** Monotonic milliseconds at which it came. */
  sampledAt: number
  failure: string | undefined
  stopped: Promise<void>
}

/** A fetch is answered within `fetch.max.wait`; silence for this long means that the broker is away or the slot hangs. */
const SILENCE_MS = 15_000
const RESTART_DELAY_MS = 1000
const MIB = 1024 * 1024

/**
 * Runs a worker process: one thread per slot, started again when it fails, and the stats of all of them over HTTP.
 * `close` lets every slot finish, commit and leave the group.
 */
export async function startWorker(options: WorkerOptions): Promise<{ close(): Promise<void> }> {
  const { logger } = options
  const slots = new Map<number, RunningSlot>()
  let closing = false

  function startSlot(index: number): void {
    const slot = spawnSlot(options, index)
    slots.set(index, slot)
    void slot.stopped.then(() => {
      if (closing || slots.get(index) !== slot) return
      logger.error({ slot: index, reason: slot.failure }, 'slot ended, starting it again')
      setTimeout(() => {
        if (!closing) startSlot(index)
      }, RESTART_DELAY_MS)
    })
  }

  for (let index = 0; index < options.slots; index += 1) startSlot(index)
  const process = processSample(options.service)
  const sample = (): WorkerSample => ({
    ...process(),
    slots: [...slots.values()].flatMap((slot) => (slot.sample ? [slot.sample.stats] : [])),
  })
  const server = await startStatsServer({
    address: options.statsAddress,
    sample,
    health: () => healthOf([...slots.values()], options.slots),
    metrics: () => workerMetrics(sample()),
  })
  logger.info({ slots: options.slots }, 'worker started')
  return {
    async close() {
      closing = true
      await Promise.all([...slots.values()].map(stopSlot))
      await server.close()
    },
  }
}

function spawnSlot(
  { service, bootstrap, slotHeapBytes, settings, logger }: WorkerOptions,
  index: number,
): RunningSlot {
  const start: SlotStart = { slot: index, service, bootstrap, settings }
  const thread = new Worker(new URL('./slot-thread.js', import.meta.url), {
    workerData: start,
    name: `slot-${index}`,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(slotHeapBytes / MIB) },
  })
  const slot: RunningSlot = {
    index,
    thread,
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
    case 'failed':
      slot.failure = message.message
      void slot.thread.terminate()
      return
    case 'stopped':
      return
  }
}

async function stopSlot(slot: RunningSlot): Promise<void> {
  slot.thread.postMessage({ kind: 'stop' } satisfies SlotCommand)
  await slot.stopped
}

/** Healthy when every slot is a member of the group and hears from the broker. A worker without slots is healthy. */
function healthOf(slots: readonly RunningSlot[], expected: number): Health {
  const reasons = slots.flatMap(({ index, failure, sample, sampledAt }) => {
    const reason = slotProblem(failure, sample?.health, performance.now() - sampledAt)
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
