import { type BrokerLink, throwIfFinal } from './broker-link.ts'
import type { Compression, OutputBatch } from './driver.ts'
import type { Broker } from './kafkajs-cluster.ts'
import { decodeProduceAnswer, encodeProduceRequest, PRODUCE, STORE_TIMEOUT_MS } from './produce-request.ts'
import { writeRecordBatch } from './record-batch.ts'

/** Sequence numbers begin anew after this many records of a partition. */
const SEQUENCES = 2 ** 31

/** The broker has this batch already: the answer to an earlier try was lost. */
const DUPLICATE_SEQUENCE = 46

/** As the broker gave it out. */
export interface ProducerIdentity {
  producerId: string
  producerEpoch: number
  /** Makes everything that is written part of a transaction. */
  transactionalId?: string
}

interface EncodedBatch {
  topic: string
  partition: number
  records: number
  firstSequence: number
  bytes: Buffer
}

/**
 * Writes record batches under one identity, and keeps their sequence numbers. Calls must not overlap. An outage only delays it:
 * the very same bytes are sent again until the broker has them, and it knows by their numbers when it had them before.
 */
export function createBatchWriter(
  link: BrokerLink,
  { producerId, producerEpoch, transactionalId }: ProducerIdentity,
): (batches: readonly OutputBatch[], compression: Compression) => Promise<void> {
  const sequences = new Map<string, number>()

  function encode(batches: readonly OutputBatch[], compression: Compression): EncodedBatch[] {
    const timestampMs = Date.now()
    return batches.map(({ topic, partition, records }) => {
      const firstSequence = sequences.get(`${topic}/${partition}`) ?? 0
      const identity = {
        producerId: BigInt(producerId),
        producerEpoch,
        firstSequence,
        transactional: transactionalId !== undefined,
      }
      const bytes = writeRecordBatch(records, { compression, timestampMs, identity })
      return { topic, partition, records: records.count, firstSequence, bytes }
    })
  }

  /** Sends what is left once; answers what is still left. Throws for good when the broker refuses a batch. */
  async function sendOnce(left: readonly EncodedBatch[]): Promise<EncodedBatch[]> {
    const byLeader = new Map<Broker, EncodedBatch[]>()
    for (const batch of left) {
      const leader = await link.leaderOf(batch.topic, batch.partition)
      const batches = byLeader.get(leader)
      if (batches) batches.push(batch)
      else byLeader.set(leader, [batch])
    }
    const still: EncodedBatch[] = []
    for (const [leader, batches] of byLeader) {
      const codes = await produce(leader, batches, transactionalId)
      for (const batch of batches) {
        const name = `${batch.topic}/${batch.partition}`
        const code = codes.get(name)
        if (code === 0 || code === DUPLICATE_SEQUENCE) {
          sequences.set(name, (batch.firstSequence + batch.records) % SEQUENCES)
          continue
        }
        if (code !== undefined) throwIfFinal(code, `the broker refuses ${batch.records} records of ${name}`)
        still.push(batch)
      }
    }
    return still
  }

  return async (batches, compression) => {
    let left = encode(batches, compression)
    await link.persist(async () => {
      left = await sendOnce(left)
      if (left.length > 0) throw new Error(`${left.length} batches were not taken`)
    })
  }
}

/** Answers the error code of each batch, by `topic/partition`. */
async function produce(
  leader: Broker,
  batches: readonly EncodedBatch[],
  transactionalId: string | undefined,
): Promise<Map<string, number>> {
  const payload = encodeProduceRequest(batches, transactionalId)
  return await leader.connectionPool.send({
    request: { ...PRODUCE, encode: async () => ({ buf: payload, buffer: payload }) },
    response: { decode: async (answer) => decodeProduceAnswer(answer), parse: async (codes) => codes },
    requestTimeout: STORE_TIMEOUT_MS + 5000,
  })
}
