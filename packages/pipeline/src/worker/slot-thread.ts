import { parentPort, workerData } from 'node:worker_threads'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import { createDriver, createProgressReader, readTails, removeStaleMembers } from '../kafka/index.ts'
import { createStageTimes, recordRulesFrom } from '../stages/index.ts'
import { createSlot } from './slot.ts'
import type { SlotCommand, SlotMessage, SlotStart } from './slot-messages.ts'
import { createSlotMeter } from './slot-meter.ts'
import { fetchLimitsOf } from './slot-settings.ts'

const SAMPLE_INTERVAL_MS = 1000

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
    now: Date.now,
  })
  const slot = createSlot({
    settings,
    rules: recordRulesFrom(settings),
    meter,
    ports: {
      consumer: driver.consumer({
        topic: TOPICS.input,
        groupId: GROUPS.worker,
        fromBeginning: true,
        ...fetchLimitsOf(settings),
        sessionTimeoutMs: settings['consumer.sessionTimeout'],
      }),
      producer: driver.producer(),
      progress: () => progress.read(),
      tails: (wanted) => readTails(client, wanted),
      now: Date.now,
      onFailure: fail,
    },
  })
  const report = () => {
    const { lastFetchAt, lastCommitFailure } = meter
    post({
      kind: 'stats',
      stats: meter.sample(slot),
      health: { joined: slot.joined, lastFetchAt, lastCommitFailure },
    })
  }
  const sampler = setInterval(report, SAMPLE_INTERVAL_MS)
  const apply = (command: Extract<SlotCommand, { kind: 'settings' }>) => {
    settings = command.settings
    slot.applySettings(settings, recordRulesFrom(settings))
    post({ kind: 'applied', generation: command.generation })
  }
  const stop = async () => {
    try {
      await slot.stop()
      await progress.close()
    } catch (error) {
      fail(error)
    }
    clearInterval(sampler)
    report()
    meter.stop()
    post({ kind: 'stopped' })
    port.close()
  }
  port.on('message', (command: SlotCommand) => {
    if (command.kind === 'settings') apply(command)
    else void stop()
  })
  post({ kind: 'applied', generation: start.generation })
  try {
    const removed = await removeStaleMembers(client, GROUPS.worker)
    if (removed > 0)
      post({
        kind: 'log',
        level: 'warn',
        message: 'removed what an earlier process left in the group',
        details: { removed },
      })
    await slot.start()
  } catch (error) {
    fail(error)
  }
}

/** Details of a client's log entry may hold buffers and errors: keep what can be cloned and read. */
function printable(details: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>
}

if (parentPort) await runSlotThread(parentPort, workerData as SlotStart)
