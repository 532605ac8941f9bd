import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import { createDriver, createProgressReader, readTails, removeMembers } from '../kafka/index.ts'
import { createStageTimes, createStageWarmer, type RecordRules, recordRulesFrom } from '../stages/index.ts'
import { createLease } from './lease.ts'
import { createSlot } from './slot.ts'
import { slotDelivery } from './slot-delivery.ts'
import { plantSlotFault } from './slot-fault.ts'
import type { SlotCommand, SlotMessage, SlotStart } from './slot-messages.ts'
import { createSlotMeter } from './slot-meter.ts'
import { fetchLimitsOf } from './slot-settings.ts'

const SAMPLE_INTERVAL_MS = 1000
const HEARD_POLL_MS = 50
/** A thread that has stopped its slot ends by itself within this time, or is ended. */
const END_MS = 500

/** Body of a slot's thread: wires a slot to Kafka, reports each second, stops when told. */
async function runSlotThread(port: NonNullable<typeof parentPort>, start: SlotStart): Promise<void> {
  const post = (message: SlotMessage) => port.postMessage(message)
  let { settings } = start
  const clientId = `${start.service}-slot-${start.slot}`
  const client = {
    bootstrap: start.bootstrap,
    clientId,
    log: ({
      level,
      message,
      details,
    }: {
      level: 'error' | 'warn'
      message: string
      details: Record<string, unknown>
    }) => post({ kind: 'log', level, message, details: printable(details) }),
  }
  const fail = (error: unknown) =>
    post({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  const driver = createDriver(settings['pipeline.driver'], client)
  const progress = createProgressReader(client)
  const meter = createSlotMeter({
    slot: start.slot,
    get maxPartitionFetchBytes() {
      return settings['consumer.maxPartitionFetchBytes']
    },
    stages: createStageTimes(),
    now: () => performance.now(),
  })
  const fault = start.fault && plantSlotFault(start.fault)
  const lease = createLease({ sessionTimeoutMs: settings['consumer.sessionTimeout'] })
  const slot = createSlot({
    settings,
    rules: recordRulesFrom(settings),
    meter,
    extraWork: fault?.perRecord,
    ports: {
      consumer: driver.consumer({
        topic: TOPICS.input,
        groupId: GROUPS.worker,
        fromBeginning: true,
        ...fetchLimitsOf(settings),
        sessionTimeoutMs: settings['consumer.sessionTimeout'],
        instanceId: clientId,
      }),
      ...slotDelivery(settings['pipeline.delivery'], { driver, client, mayWrite: lease.isHeld }),
      lease,
      progress: () => progress.read(),
      tails: (wanted) => readTails(client, wanted),
      now: Date.now,
      onFailure: fail,
      note: (message, details) => post({ kind: 'log', level: 'info', message, details }),
    },
  })
  const report = () => {
    const { lastFetchAt, lastCommitFailure } = meter
    const silentMs = lastFetchAt === undefined ? undefined : performance.now() - lastFetchAt
    post({
      kind: 'stats',
      stats: meter.sample(slot),
      health: { joined: slot.joined, silentMs, lastCommitFailure },
    })
  }
  const sampler = setInterval(report, SAMPLE_INTERVAL_MS)
  // Others wait for the first answer of the broker: it is told at once.
  const untilHeard = setInterval(() => {
    if (meter.lastFetchAt === undefined) return
    clearInterval(untilHeard)
    report()
  }, HEARD_POLL_MS)
  let stopping = false
  const apply = (command: Extract<SlotCommand, { kind: 'settings' }>) => {
    settings = command.settings
    slot.applySettings(settings, recordRulesFrom(settings))
    post({ kind: 'applied', generation: command.generation })
  }
  const stop = async ({ leave }: Extract<SlotCommand, { kind: 'stop' }>) => {
    stopping = true
    try {
      await slot.stop()
      if (leave) await removeMembers(client, GROUPS.worker, (id) => id === clientId)
      void progress.close().catch(() => undefined)
    } catch (error) {
      fail(error)
    }
    clearInterval(sampler)
    clearInterval(untilHeard)
    report()
    meter.stop()
    fault?.stop()
    post({ kind: 'stopped' })
    port.close()
    // A start that is under way, or a group that does not answer, would keep the thread.
    setTimeout(() => process.exit(), END_MS).unref()
  }
  port.on('message', (command: SlotCommand) => {
    if (command.kind === 'settings') apply(command)
    else void stop(command)
  })
  post({ kind: 'applied', generation: start.generation })
  try {
    if (!stopping) await Promise.all([slot.start(), warmUp(recordRulesFrom(settings))])
  } catch (error) {
    fail(error)
  }
}

const WARM_UP_MS = 120
const WARM_UP_SLICE = 128

/** Runs the stages hot while the group is still being dealt out, at most for `WARM_UP_MS` of this thread's time. */
async function warmUp(rules: RecordRules): Promise<void> {
  const warm = createStageWarmer(rules)
  for (let usedMs = 0; usedMs < WARM_UP_MS; await nextTurn()) {
    const startedAt = performance.now()
    warm(WARM_UP_SLICE)
    usedMs += performance.now() - startedAt
  }
}

/** Details of a client's log entry may hold buffers and errors: keep what can be cloned and read. */
function printable(details: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
}

if (parentPort) await runSlotThread(parentPort, workerData as SlotStart)
