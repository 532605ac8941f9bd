import { setTimeout as delay } from 'node:timers/promises'
import type { BatchProducer, ClientOptions, Compression, OutputBatch } from './driver.ts'
import { guardSocket, type MayWrite } from './guard-socket.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { type Broker, type Cluster, findLeader, openCluster } from './kafkajs-cluster.ts'
import { decodeProduceAnswer, encodeProduceRequest, PRODUCE, STORE_TIMEOUT_MS } from './produce-request.ts'
import { writeRecordBatch } from './record-batch.ts'

/** Between two tries while the broker is away or moves a partition. */
const RETRY_DELAY_MS = 300
/** Sequence numbers begin anew after this many records of a partition. */
const SEQUENCES = 2 ** 31

/** The broker has this batch already: the answer to an earlier try was lost. */
const DUPLICATE_SEQUENCE = 46
/** Trying again cannot help; by name for the log. */
const finalErrors: Readonly<Record<number, string>> = {
  10: 'MESSAGE_TOO_LARGE',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  42: 'INVALID_REQUEST',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  59: 'UNKNOWN_PRODUCER_ID',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
  87: 'INVALID_RECORD',
  90: 'PRODUCER_FENCED',
}

interface EncodedBatch {
  topic: string
  partition: number
  records: number
  firstSequence: number
  bytes: Buffer
}

/**
 * An idempotent producer that writes record batches itself, over kafkajs's connections. One request is in flight; an outage of
 * any length only delays it, for the very same bytes are sent again until the broker has them, and it knows by their
 * sequence numbers when it had them before. With `mayWrite` records leave the process only while it answers true.
 */
export function createIdempotentProducer(options: ClientOptions, mayWrite?: MayWrite): BatchProducer {
  // It comes to nothing quickly; the loop here is what tries for ever, each time over a connection of its own.
  const kafka = createKafkajs(
    { ...options, log: () => undefined },
    { retries: 1, onSocket: (socket) => mayWrite && guardSocket(socket, mayWrite) },
  )
  const sequences = new Map<string, number>()
  const leaders = new Map<string, Broker>()
  const topics = new Set<string>()
  let cluster: Cluster | undefined
  let identity: { producerId: bigint; producerEpoch: number } | undefined
  let closed = false
  let troubled = false

  /** Once per outage: it may be long, and every try fails. */
  function tellTrouble(error: unknown): void {
    if (troubled || closed) return
    troubled = true
    const message = error instanceof Error ? error.message : String(error)
    options.log({
      level: 'warn',
      message: 'records cannot be written now; trying on',
      details: { error: message },
    })
  }

  async function connected(): Promise<Cluster> {
    if (cluster) return cluster
    const opening = openCluster(kafka)
    cluster = opening
    await opening.connect()
    await opening.refreshMetadata()
    for (const topic of topics) await opening.addTargetTopic(topic)
    return opening
  }

  async function disconnect(): Promise<void> {
    const old = cluster
    cluster = undefined
    leaders.clear()
    await old?.disconnect().catch(() => undefined)
  }

  function encode(batches: readonly OutputBatch[], compression: Compression): EncodedBatch[] {
    if (!identity) throw new Error('send before connect')
    const { producerId, producerEpoch } = identity
    const timestampMs = Date.now()
    return batches.map(({ topic, partition, records }) => {
      const firstSequence = sequences.get(`${topic}/${partition}`) ?? 0
      const bytes = writeRecordBatch(records, {
        compression,
        timestampMs,
        identity: { producerId, producerEpoch, firstSequence },
      })
      return { topic, partition, records: records.count, firstSequence, bytes }
    })
  }

  async function leaderOf({ topic, partition }: EncodedBatch): Promise<Broker> {
    const name = `${topic}/${partition}`
    const known = leaders.get(name)
    if (known) return known
    const open = await connected()
    if (!topics.has(topic)) {
      await open.addTargetTopic(topic)
      topics.add(topic)
    }
    const leader = await findLeader(open, topic, partition)
    leaders.set(name, leader)
    return leader
  }

  /** Sends what is left once; answers what is still left. Throws for good when the broker refuses a batch. */
  async function sendOnce(left: readonly EncodedBatch[]): Promise<EncodedBatch[]> {
    const byLeader = new Map<Broker, EncodedBatch[]>()
    for (const batch of left) {
      const leader = await leaderOf(batch)
      const batches = byLeader.get(leader)
      if (batches) batches.push(batch)
      else byLeader.set(leader, [batch])
    }
    const still: EncodedBatch[] = []
    for (const [leader, batches] of byLeader) {
      const codes = await produce(leader, batches)
      for (const batch of batches) {
        const name = `${batch.topic}/${batch.partition}`
        const code = codes.get(name)
        if (code === 0 || code === DUPLICATE_SEQUENCE)
          sequences.set(name, (batch.firstSequence + batch.records) % SEQUENCES)
        else if (code !== undefined && finalErrors[code] !== undefined) throw refusal(batch, code)
        else still.push(batch)
      }
    }
    return still
  }

  return {
    async connect() {
      while (!identity) {
        if (closed) throw new Error('the producer was closed before it was connected')
        try {
          const broker = await (await connected()).findControllerBroker()
          const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 0 })
          identity = { producerId: BigInt(producerId), producerEpoch }
        } catch (error) {
          tellTrouble(error)
          await disconnect()
          await delay(RETRY_DELAY_MS)
        }
      }
      troubled = false
    },
    async send(batches, compression) {
      let left = encode(batches, compression)
      while (left.length > 0) {
        if (closed) throw new Error('the producer was closed before the broker had everything')
        try {
          left = await sendOnce(left)
          troubled = false
          if (left.length === 0) return
        } catch (error) {
          if (error instanceof RefusedBatchError) throw error
          tellTrouble(error)
        }
        await disconnect()
        await delay(RETRY_DELAY_MS)
      }
    },
    async close() {
      closed = true
      await disconnect()
    },
  }
}

/** The broker will never take this batch. */
export class RefusedBatchError extends Error {
  override readonly name = 'RefusedBatchError'
}

function refusal({ topic, partition, records }: EncodedBatch, code: number): RefusedBatchError {
  return new RefusedBatchError(
    `the broker refuses ${records} records of ${topic}/${partition}: ${finalErrors[code]} (${code})`,
  )
}

/** Answers the error code of each batch, by `topic/partition`. */
async function produce(leader: Broker, batches: readonly EncodedBatch[]): Promise<Map<string, number>> {
  const payload = encodeProduceRequest(batches)
  return await leader.connectionPool.send({
    request: { ...PRODUCE, encode: async () => ({ buf: payload, buffer: payload }) },
    response: { decode: async (answer) => decodeProduceAnswer(answer), parse: async (codes) => codes },
    requestTimeout: STORE_TIMEOUT_MS + 5000,
  })
}
