import { setTimeout as after } from 'node:timers/promises'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import { createDriver, createProgressReader, readTails } from '../src/kafka/index.ts'
import { createStageTimes, recordRulesFrom } from '../src/stages/index.ts'
import { createLease } from '../src/worker/lease.ts'
import { createSlot } from '../src/worker/slot.ts'
import { slotDelivery } from '../src/worker/slot-delivery.ts'
import { createSlotMeter } from '../src/worker/slot-meter.ts'
import { readSlotSettings } from '../src/worker/slot-settings.ts'

/*
 * One slot as a process of its own, so that a test can pause or kill it: `slot-process <bootstrap>`, settings in the
 * environment; with HOLD_SENDS_MS each send waits so long before it begins. Writes `decided N`, `sent N` and `failed: why` lines.
 */
const [bootstrap = ''] = process.argv.slice(2)
const settings = readSlotSettings(process.env)
const client = { bootstrap, clientId: 'slot-process', log: () => undefined }
const driver = createDriver(settings['pipeline.driver'], client)
const progress = createProgressReader(client)
const sessionTimeoutMs = settings['consumer.sessionTimeout']
const lease = createLease({ sessionTimeoutMs })
const meter = createSlotMeter({
  slot: 0,
  maxPartitionFetchBytes: settings['consumer.maxPartitionFetchBytes'],
  stages: createStageTimes(),
  now: () => performance.now(),
})
const delivery = slotDelivery(settings['pipeline.delivery'], { driver, client, mayWrite: lease.isHeld })
const holdMs = Number(process.env.HOLD_SENDS_MS ?? 0)
const slot = createSlot({
  settings,
  rules: recordRulesFrom(settings),
  meter,
  ports: {
    consumer: driver.consumer({
      topic: TOPICS.input,
      groupId: GROUPS.worker,
      fromBeginning: true,
      fetchMinBytes: 1,
      fetchMaxWaitMs: 100,
      maxPartitionFetchBytes: settings['consumer.maxPartitionFetchBytes'],
      sessionTimeoutMs,
    }),
    ...delivery,
    producer: {
      ...delivery.producer,
      async send(batches, compression) {
        if (holdMs > 0) await after(holdMs)
        await delivery.producer.send(batches, compression)
      },
    },
    lease,
    progress: () => progress.read(),
    tails: (wanted) => readTails(client, wanted),
    now: Date.now,
    onFailure: (error) => say(`failed: ${error.message}`),
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
await slot.start()
let told = ''
setInterval(() => {
  const { in: decided } = meter.sample(slot)
  const now = `decided ${decided}\nsent ${slot.accumulator.counts.records}`
  if (now !== told) say(now)
  told = now
}, 20)
