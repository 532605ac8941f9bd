import { setTimeout as delay } from 'node:timers/promises'
import type { Broker, Connection, Producer, produceV11, Writer } from '@platformatic/kafka'
import type { BatchProducer, ClientOptions, Compression, OutputBatch } from './driver.ts'
import { guardSocket, type MayWrite } from './guard-socket.ts'
import { writeRecordBatch } from './record-batch.ts'

/** Between two tries while the broker is away or moves a partition. */
const RETRY_DELAY_MS = 300
/** How long the broker may take to store a request. */
const STORE_TIMEOUT_MS = 30_000

const PRODUCE = { key: 0, version: 11 }
const ACKS_ALL = -1
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

type Client = Producer<Buffer, Buffer, Buffer, Buffer>
type Platformatic = typeof import('@platformatic/kafka')
type ProduceResponse = ReturnType<typeof produceV11.parseResponse>

interface EncodedBatch {
  topic: string
  partition: number
  records: number
  firstSequence: number
  bytes: Buffer
}

/**
 * An idempotent producer that writes record batches itself, over the connections of @platformatic/kafka. One request is in
 * flight; an outage of any length only delays it, for the very same bytes are sent again until the broker has them, and it
 * knows by their sequence numbers when it had them before.
 */
export function createIdempotentProducer(options: ClientOptions, mayWrite?: MayWrite): BatchProducer {
  const sequences = new Map<string, number>()
  const leaders = new Map<string, Broker>()
  let opened:
    | { platformatic: Platformatic; client: Client; producerId: bigint; producerEpoch: number }
    | undefined
  let closed = false

  function encode(batches: readonly OutputBatch[], compression: Compression): EncodedBatch[] {
    if (!opened) throw new Error('send before connect')
    const { producerId, producerEpoch } = opened
    const timestampMs = Date.now()
    return batches.map(({ topic, partition, records }) => {
      const firstSequence = sequences.get(`${topic}/${partition}`) ?? 0
      const identity = { producerId, producerEpoch, firstSequence }
      const bytes = writeRecordBatch(records, { compression, timestampMs, identity })
      return { topic, partition, records: records.count, firstSequence, bytes }
    })
  }

  function countSent({ topic, partition, records, firstSequence }: EncodedBatch): void {
    sequences.set(`${topic}/${partition}`, (firstSequence + records) % SEQUENCES)
  }

  /** Asks for the leaders of partitions that are not known, or of all after a try that failed. */
  async function findLeaders(client: Client, left: readonly EncodedBatch[], refresh: boolean): Promise<void> {
    if (!refresh && left.every(({ topic, partition }) => leaders.has(`${topic}/${partition}`))) return
    const topics = [...new Set(left.map(({ topic }) => topic))]
    const metadata = await client.metadata({ topics, forceUpdate: refresh })
    for (const { topic, partition } of left) {
      const leader = metadata.topics.get(topic)?.partitions[partition]?.leader
      const broker = leader === undefined ? undefined : metadata.brokers.get(leader)
      if (broker) leaders.set(`${topic}/${partition}`, broker)
      else leaders.delete(`${topic}/${partition}`)
    }
  }

  /** Sends what is left once; answers what is still left. Throws for good when the broker refuses a batch. */
  async function sendOnce(left: readonly EncodedBatch[], refresh: boolean): Promise<EncodedBatch[]> {
    if (!opened) throw new Error('send before connect')
    const { platformatic, client } = opened
    await findLeaders(client, left, refresh)
    const leaderOf = ({ topic, partition }: EncodedBatch) => leaders.get(`${topic}/${partition}`)
    const still: EncodedBatch[] = []
    for (const [broker, batches] of Map.groupBy(left, leaderOf)) {
      if (!broker) {
        still.push(...batches)
        continue
      }
      const connection = await client.connections.get(broker)
      const codes = errorCodes(await produce(platformatic, connection, batches))
      for (const batch of batches) {
        const code = codes.get(`${batch.topic}/${batch.partition}`)
        if (code === 0 || code === DUPLICATE_SEQUENCE) countSent(batch)
        else if (code !== undefined && finalErrors[code] !== undefined) throw refusal(batch, code)
        else still.push(batch)
      }
    }
    return still
  }

  return {
    async connect() {
      // The client takes 300 ms and 58 MB to import: only who produces with it pays.
      const platformatic = await import('@platformatic/kafka')
      const client: Client = new platformatic.Producer({
        clientId: options.clientId,
        bootstrapBrokers: options.bootstrap.split(','),
        idempotent: true,
        acks: ACKS_ALL,
        retries: Number.MAX_SAFE_INTEGER,
        retryDelay: RETRY_DELAY_MS,
        connectTimeout: 3000,
        autocreateTopics: false,
        metadataMaxAge: 300_000,
      })
      if (mayWrite)
        client.on('client:broker:connect', ({ connection }) => guardSocket(connection.socket, mayWrite))
      const { producerId, producerEpoch } = await client.initIdempotentProducer({})
      opened = { platformatic, client, producerId, producerEpoch }
    },
    async send(batches, compression) {
      let left = encode(batches, compression)
      for (let tries = 0; left.length > 0; tries += 1) {
        if (closed) throw new Error('the producer was closed before the broker had everything')
        if (tries > 0) await delay(RETRY_DELAY_MS)
        try {
          left = await sendOnce(left, tries > 0)
        } catch (error) {
          if (error instanceof RefusedBatchError) throw error
        }
      }
    },
    async close() {
      closed = true
      await opened?.client.close(true)
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

function produce(
  platformatic: Platformatic,
  connection: Connection,
  batches: readonly EncodedBatch[],
): Promise<ProduceResponse> {
  return new Promise((resolve, reject) =>
    connection.send<ProduceResponse>(
      PRODUCE.key,
      PRODUCE.version,
      () => produceRequest(platformatic.Writer.create(), batches),
      (...answer) => {
        try {
          return platformatic.produceV11.parseResponse(...answer)
        } catch (error) {
          // The parser throws what partitions were refused for, with the whole answer: it is judged by partition here.
          const { response } = error as { response?: ProduceResponse }
          if (response?.responses) return response
          throw error
        }
      },
      true,
      true,
      (error, response) => (error || !response ? reject(error) : resolve(response)),
    ),
  )
}

/** ProduceRequest version 11: transactional id, acks, timeout, then by topic and partition one record batch each. */
function produceRequest(writer: Writer, batches: readonly EncodedBatch[]): Writer {
  return writer
    .appendString(null)
    .appendInt16(ACKS_ALL)
    .appendInt32(STORE_TIMEOUT_MS)
    .appendArray([...Map.groupBy(batches, ({ topic }) => topic)], (w, [topic, ofTopic]) => {
      w.appendString(topic).appendArray(ofTopic, (p, { partition, bytes }) => {
        p.appendInt32(partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes)
      })
    })
    .appendTaggedFields()
}

function errorCodes({ responses }: ProduceResponse): Map<string, number> {
  return new Map(
    responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ index, errorCode }) => [`${name}/${index}`, errorCode] as const),
    ),
  )
}
