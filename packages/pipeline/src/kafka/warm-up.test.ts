import { expect, inject, it } from 'vitest'
import { createKafkajs } from './kafkajs-client.ts'
import { warmUpBroker } from './warm-up.ts'

it('makes round trips through a scratch topic, tells their times, and leaves no topic', async () => {
  const client = { bootstrap: inject('bootstrap'), clientId: 'warm-up-test', log: () => undefined }
  const warmUp = await warmUpBroker(client, { roundTrips: 30, longestMs: 60_000 })
  expect(warmUp.roundTrips).toBeGreaterThanOrEqual(30)
  expect(warmUp.firstP50Ms).toBeGreaterThan(0)
  expect(warmUp.lastP50Ms).toBeGreaterThan(0)
  const admin = createKafkajs(client).admin()
  await admin.connect()
  expect(await admin.listTopics()).not.toContain('radtune.warm-up')
  await admin.disconnect()
  // A topic that is just being dropped is no obstacle.
  const { roundTrips } = await warmUpBroker(client, { roundTrips: 500, longestMs: 1 })
  expect(roundTrips).toBeGreaterThanOrEqual(3)
  expect(roundTrips).toBeLessThan(500)
})
