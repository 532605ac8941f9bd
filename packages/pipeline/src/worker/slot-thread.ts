import { parentPort, workerData } from 'node:worker_threads'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import {
  type ClientOptions,
  createDriver,
  createProgressReader,
  readTails,
  removeMembers,
} from '../kafka/index.ts'
import { createStageTimes, recordRulesFrom } from '../stages/index.ts'
import { createLease } from './lease.ts'
import { createSlot } from './slot.ts'
import type { SlotCommand, SlotMessage, SlotStart } from './slot-messages.ts'
import { createSlotMeter } from './slot-meter.ts'

const SAMPLE_INTERVAL_MS = 1000
/** A thread that has stopped its slot ends by itself within this time, or is ended. */
const END_MS = 500

/** Body of a slot's thread: wires a slot to Kafka, reports each second, stops when told. */
async function runSlotThread(port: NonNullable<typeof parentPort>, start: SlotStart): Promise<void> {
  const post = (message: SlotMessage) => port.postMessage(message)
  const { settings } = start
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
    maxPartitionFetchBytes: settings['consumer.maxPartitionFetchBytes'],
    stages: createStageTimes(),
    now: () => performance.now(),
  })
  const lease = createLease({ sessionTimeoutMs: settings['consumer.sessionTimeout'] })
  const slot = createSlot({
    settings,
    rules: recordRulesFrom(settings),
    meter,
    ports: {
      consumer: driver.consumer({
        topic: TOPICS.input,
        groupId: GROUPS.worker,
        fromBeginning: true,
        fetchMinBytes: settings['consumer.fetchMinBytes'],
        fetchMaxWaitMs: settings['consumer.fetchMaxWait'],
        maxPartitionFetchBytes: settings['consumer.maxPartitionFetchBytes'],
        sessionTimeoutMs: settings['consumer.sessionTimeout'],
        instanceId: clientId,
      }),
      producer: driver.producer({ mayWrite: lease.isHeld }),
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
  let stopping = false
  port.on('message', async (command: SlotCommand) => {
    if (command.kind !== 'stop') return
    stopping = true
    try {
      await slot.stop()
      void progress.close().catch(() => undefined)
    } catch (error) {
      fail(error)
    }
    clearInterval(sampler)
    report()
    meter.stop()
    post({ kind: 'stopped' })
    port.close()
    // A start that is under way, or a group that does not answer, would keep the thread.
    setTimeout(() => process.exit(), END_MS).unref()
  })
  try {
    if (!stopping) await slot.start()
    if (start.slot === 0) await removeFormerSlots(client, start, post)
  } catch (error) {
    fail(error)
  }
}

/** Details of a client's log entry may hold buffers and errors: keep what can be cloned and read. */
function printable(details: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
}

/** Static members hold their partitions until their session ends: slots that this worker had and has no more give them up now. */
async function removeFormerSlots(
  client: ClientOptions,
  { service, slots }: SlotStart,
  post: (message: SlotMessage) => void,
): Promise<void> {
  const isFormer = (clientId: string) => {
    const [of, slot] = clientId.split('-slot-')
    return of === service && Number(slot) >= slots
  }
  const removed = await removeMembers(client, GROUPS.worker, isFormer)
  if (removed === 0) return
  const message = 'removed slots that this worker has no more from the group'
  post({ kind: 'log', level: 'info', message, details: { removed } })
}

if (parentPort) await runSlotThread(parentPort, workerData as SlotStart)
