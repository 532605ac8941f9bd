import { setTimeout as delay } from 'node:timers/promises'
import type { ClientOptions } from './driver.ts'
import { guardSocket, type MayWrite } from './guard-socket.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { type Broker, type Cluster, COORDINATOR, findLeader, openCluster } from './kafkajs-cluster.ts'

/** Between two tries while the broker is away or moves a partition. */
const RETRY_DELAY_MS = 300
/** The markers of the last transaction are still being written: a matter of milliseconds, which asking often makes longer. */
const CONCURRENT_TRANSACTIONS = 51
const MARKERS_DELAY_MS = 10

/** Trying again cannot help; by name for the log. */
const finalErrors: Readonly<Record<number, string>> = {
  [-99]: 'an error that kafkajs does not know',
  10: 'MESSAGE_TOO_LARGE',
  12: 'OFFSET_METADATA_TOO_LARGE',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  22: 'ILLEGAL_GENERATION',
  25: 'UNKNOWN_MEMBER_ID',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
  42: 'INVALID_REQUEST',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  48: 'INVALID_TXN_STATE',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  50: 'INVALID_TRANSACTION_TIMEOUT',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  59: 'UNKNOWN_PRODUCER_ID',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
  87: 'INVALID_RECORD',
  90: 'PRODUCER_FENCED',
  120: 'TRANSACTION_ABORTABLE',
}

/** Connections to the brokers that come back after every outage. */
export interface BrokerLink {
  cluster(): Promise<Cluster>
  leaderOf(topic: string, partition: number): Promise<Broker>
  coordinatorOf(kind: keyof typeof COORDINATOR, id: string): Promise<Broker>
  /**
   * Does something until it succeeds, after each failure over a new connection. Rejects with a RefusedError when trying again
   * cannot help, and when the link is closed.
   */
  persist<Answer>(act: () => Promise<Answer>): Promise<Answer>
  close(): Promise<void>
}

/** With `mayWrite` records leave the process over it only while that answers true. */
export function createBrokerLink(options: ClientOptions, mayWrite?: MayWrite): BrokerLink {
  // It comes to nothing quickly; `persist` is what tries for ever, each time over a connection of its own.
  const kafka = createKafkajs(
    { ...options, log: () => undefined },
    { retries: 1, onSocket: (socket) => mayWrite && guardSocket(socket, mayWrite) },
  )
  const topics = new Set<string>()
  let brokers = new Map<string, Promise<Broker>>()
  let opening: Promise<Cluster> | undefined
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

  async function open(): Promise<Cluster> {
    const cluster = openCluster(kafka)
    try {
      await cluster.connect()
      await cluster.refreshMetadata()
      for (const topic of topics) await cluster.addTargetTopic(topic)
      return cluster
    } catch (error) {
      await cluster.disconnect().catch(() => undefined)
      throw error
    }
  }

  function cluster(): Promise<Cluster> {
    if (!opening) {
      opening = open()
      // Whoever needs it finds out.
      opening.catch(() => undefined)
    }
    return opening
  }

  /** Of several users that failed over one connection the first gives it up for all. */
  async function giveUp(used: Promise<Cluster> | undefined): Promise<void> {
    if (opening !== used) return
    opening = undefined
    brokers = new Map()
    await used?.then((old) => old.disconnect()).catch(() => undefined)
  }

  function remembered(name: string, find: (cluster: Cluster) => Promise<Broker>): Promise<Broker> {
    const known = brokers.get(name)
    if (known) return known
    const found = cluster().then(find)
    brokers.set(name, found)
    return found
  }

  return {
    cluster,
    leaderOf: (topic, partition) =>
      remembered(`${topic}/${partition}`, async (open) => {
        if (!topics.has(topic)) {
          await open.addTargetTopic(topic)
          topics.add(topic)
        }
        return await findLeader(open, topic, partition)
      }),
    coordinatorOf: (kind, id) =>
      remembered(`${kind} ${id}`, (open) =>
        open.findGroupCoordinator({ groupId: id, coordinatorType: COORDINATOR[kind] }),
      ),
    async persist(act) {
      for (;;) {
        if (closed) throw new Error('the connection was closed before the broker had everything')
        const used = cluster()
        try {
          const answer = await act()
          troubled = false
          return answer
        } catch (error) {
          if (error instanceof RefusedError) throw error
          const { code } = error as { code?: unknown }
          if (typeof code === 'number') throwIfFinal(code, 'the broker refuses')
          if (code === CONCURRENT_TRANSACTIONS) {
            await delay(MARKERS_DELAY_MS)
            continue
          }
          tellTrouble(error)
          await giveUp(used)
        }
        await delay(RETRY_DELAY_MS)
      }
    },
    async close() {
      closed = true
      await giveUp(opening)
    },
  }
}

/** The broker will never take this. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** Throws a RefusedError when trying again cannot help. */
export function throwIfFinal(code: number, what: string): void {
  const name = finalErrors[code]
  if (name !== undefined) throw new RefusedError(`${what}: ${name} (${code})`)
}
