import type { LoggedRecord, LogPart, LogPlace } from '../../ports/broker.ts'
import type { Cluster, LoggedMessage } from './cluster.ts'
import { registerCodecs } from './codecs.ts'

/** A broker answers with one whole batch, however long: no more is decoded than is looked at. */
const MAX_BYTES = 1
const MAX_WAIT_MS = 200
/** Up to the first open transaction; the answer names those that were aborted. */
const READ_COMMITTED = 1

/**
 * Reads the batch that holds an offset. One call at a time: kafkajs opens its connection for fetches twice when two of them are the
 * first, and closes one.
 */
export async function readLog(cluster: Cluster, { topic, partition, from }: LogPlace): Promise<LogPart> {
  await registerCodecs()
  await cluster.addTargetTopic(topic)
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition} that a broker leads`)
  const broker = await cluster.findBroker({ nodeId })
  const { responses } = await broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes: MAX_BYTES }] }],
  })
  const { messages = [], abortedTransactions } = responses[0]?.partitions[0] ?? {}
  const last = messages.at(-1)
  return {
    records: committedOf(messages, abortedTransactions ?? [])
      .map(loggedRecord)
      .filter(({ offset }) => offset >= from),
    next: last === undefined ? from : Number(last.offset) + 1,
  }
}

/** Leaves out aborted transactions and the markers that end one. */
function committedOf(
  messages: readonly LoggedMessage[],
  aborted: readonly { producerId: string; firstOffset: string }[],
): LoggedMessage[] {
  const ended = new Map<string, number>()
  return messages.filter(({ offset, isControlRecord, batchContext: { producerId, inTransaction } }) => {
    if (isControlRecord) {
      ended.set(producerId, Number(offset))
      return false
    }
    const after = ended.get(producerId) ?? -1
    const isOwn = (one: { producerId: string; firstOffset: string }) =>
      one.producerId === producerId &&
      Number(one.firstOffset) > after &&
      Number(one.firstOffset) <= Number(offset)
    return !(inTransaction && aborted.some(isOwn))
  })
}

function loggedRecord({ offset, timestamp, key, value, headers }: LoggedMessage): LoggedRecord {
  return {
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key: key?.toString() ?? null,
    value,
    headers: new Map(
      Object.entries(headers ?? {}).map(([name, held]) => [
        name,
        String(Array.isArray(held) ? held[0] : held),
      ]),
    ),
  }
}
