import process from 'node:process'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import { readSettings } from '@radtune/core/settings'
import kafkajs from 'kafkajs'
import { registerCodecs } from '../../../packages/pipeline/src/kafka/codecs.ts'
import {
  judgeRecord,
  RULE_SETTINGS,
  recordRulesFrom,
  routeOf,
} from '../../../packages/pipeline/src/stages/index.ts'

/*
 * What one would write with kafkajs alone: read a batch, judge each record by the same rules, look for duplicates in a set of
 * strings, send the results of the batch with JSON.stringify, wait, commit. One thread, nothing overlaps.
 */
registerCodecs()
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
const kafka = new kafkajs.Kafka({
  brokers: [process.env.KAFKA_BOOTSTRAP_SERVERS ?? ''],
  clientId: 'plain',
  logLevel: kafkajs.logLevel.ERROR,
})
const rules = recordRulesFrom(readSettings({}, RULE_SETTINGS))
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
const consumer = kafka.consumer({ groupId: GROUPS.worker })
const seen = new Set<string>()
await producer.connect()
await consumer.connect()
await consumer.subscribe({ topics: [TOPICS.input], fromBeginning: true })
await consumer.run({
  autoCommitInterval: 100,
  eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
    const messages = new Map<
      string,
      { key: Buffer | null; value: string; partition: number; headers: Record<string, string> }[]
    >()
    for (const message of batch.messages) {
      const judged = judgeRecord(message.value, Number(message.timestamp), rules)
      if (judged.kind === 'valid') {
        const identity = `${judged.lat5}|${judged.lon5}|${judged.cpm100}|${judged.instantUs}`
        if (seen.has(identity)) continue
        seen.add(identity)
      }
      const topic = routeOf(judged)
      const value =
        judged.kind === 'dirty'
          ? JSON.stringify({ reason: judged.reason, detail: judged.detail, raw: message.value?.toString() })
          : JSON.stringify({
              latitude: judged.lat5 / 100_000,
              longitude: judged.lon5 / 100_000,
              value: judged.cpm,
              unit: 'cpm',
              captured_time: new Date(judged.instantUs / 1000).toISOString(),
              level: judged.level,
              critical: judged.critical,
              usvh: judged.usvh,
              usvh_basis: judged.basis,
              device_id: judged.deviceId,
              loader_id: judged.loaderId,
              flags: judged.flags,
            })
      const list = messages.get(topic) ?? []
      list.push({
        key: message.key,
        value,
        partition: batch.partition,
        headers: {
          source: `${batch.partition}:${message.offset}`,
          'sent-at': String(message.headers?.['sent-at'] ?? ''),
        },
      })
      messages.set(topic, list)
    }
    if (messages.size > 0)
      await producer.sendBatch({
        acks: -1,
        compression: kafkajs.CompressionTypes.Snappy,
        topicMessages: [...messages].map(([topic, list]) => ({ topic, messages: list })),
      })
    resolveOffset(batch.lastOffset())
    await commitOffsetsIfNecessary()
    await heartbeat()
  },
})
process.on('SIGTERM', async () => {
  await consumer.disconnect()
  process.exit(0)
})
