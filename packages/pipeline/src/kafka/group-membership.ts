import { createRequire } from 'node:module'
import { setTimeout as after } from 'node:timers/promises'
import kafkajs, { type Assigner, type PartitionAssigner } from 'kafkajs'

import type { FetchLimits } from './driver.ts'

/** What a member of a group is told about its membership. */
export interface MembershipHooks {
  /**
   * Before each request to join again: once it is answered, others may own what this member owns now. `lost` when the group
   * has removed this member, so that they may own it already. A rejection keeps the member out of the group.
   */
  beforeJoin(lost: boolean): Promise<void>
  /** The group has confirmed this member in its generation, by an answer to a request sent at `sentAtMs` (monotonic). */
  onConfirmed(sentAtMs: number): void
  /** The group is being redistributed, and this member has not joined again yet. */
  onRebalancing(): void
}

/** A member of a group, as far as it goes beyond kafkajs's own consumer. */
export interface Membership {
  /** To be given to the consumer: it ties its group to these hooks. */
  assigner: PartitionAssigner
  /** Commits once, for the present generation; throws when the group does not take it. */
  commit(offsets: { topics: { topic: string; partitions: object[] }[] }): Promise<void>
  /** Changes what bounds a fetch, from the next one on: kafkajs takes the limits once and reads them anew for each fetch. */
  limitFetches(limits: FetchLimits): void
  /** Ends the heartbeats. A member with an instance id does not leave: it is expected back. */
  stop(): void
}

/** The part of kafkajs's Broker that is used here. */
interface Coordinator {
  heartbeat(request: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>
  joinGroup(request: object): Promise<unknown>
  lookupRequest(api: unknown, definition: unknown): (request: object) => unknown
}

/** The part of kafkajs's ConsumerGroup that is used here. */
interface ConsumerGroup {
  groupId: string
  memberId: string | null
  generationId: number
  assigners: Assigner[]
  coordinator: Coordinator
  cluster: { findGroupCoordinator(query: { groupId: string }): Promise<Coordinator> }
  commitOffsets(offsets: object): Promise<void>
  minBytes: number
  maxWaitTime: number
  maxBytesPerPartition: number
  maxBytes: number
}

/** A fetch holds at most so many partitions' worth. Compressed; decompressed records take several times as much. */
export const PARTITIONS_PER_FETCH = 2

/** The part of kafkajs's Batch that is used here. */
interface FetchedBatch {
  isEmpty(): boolean
  /** Records of the partition behind the last one fetched, as text. */
  offsetLag(): string
}

interface Session {
  fetch(fetchNow: () => Promise<FetchedBatch[]>): Promise<FetchedBatch[]>
  heartbeat(group: ConsumerGroup, intervalMs: number): Promise<void>
  join(group: ConsumerGroup, join: () => Promise<void>): Promise<void>
}

/**
 * A broker that has just come up does not know yet that it coordinates the group. The membership outlives that, so it is no
 * reason to join again, which kafkajs makes of the first.
 */
const PASSING_ERRORS = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
])

const sessions = new WeakMap<Assigner, Session>()

/**
 * Watches over a membership in ways that kafkajs lacks: heartbeats also while a batch waits for an outage to end, by a clock
 * that only goes forward (kafkajs stops them for an hour when the wall clock is set back by one), and a moment before each
 * join in which what is under way can be finished.
 */
export function createMembership(options: {
  hooks: MembershipHooks
  heartbeatMs: number
  limits: FetchLimits
  /**
   * Static membership, which kafkajs can encode and does not offer: who comes back under this id within the session gets the
   * partitions that it had, and nobody else notices.
   */
  instanceId: string | undefined
}): Membership {
  watchGroups()
  const { hooks, heartbeatMs, instanceId } = options
  let { limits } = options
  let group: ConsumerGroup | undefined
  let timer: NodeJS.Timeout | undefined
  let beating: Promise<void> | undefined
  let beatenAt = Number.NEGATIVE_INFINITY
  let searching = false
  let wasMember = false
  let named = false
  let gathersUntil = Number.NEGATIVE_INFINITY
  let gathering = new AbortController()

  /** Whoever waits with a fetch goes on. */
  function endGathering(): void {
    gathersUntil = Number.NEGATIVE_INFINITY
    gathering.abort()
    gathering = new AbortController()
  }

  async function beat(member: ConsumerGroup): Promise<void> {
    const { groupId, memberId, generationId } = member
    if (memberId === null) return
    const sentAtMs = performance.now()
    try {
      await member.coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId })
      beatenAt = sentAtMs
      if (member.memberId === memberId && member.generationId === generationId) hooks.onConfirmed(sentAtMs)
    } catch (error) {
      const { type } = error as { type?: string }
      if (type === undefined || PASSING_ERRORS.has(type)) return void findCoordinator(member)
      // No confirmation: the group waits for this member only so long, and that time may be nearly over.
      if (type === 'REBALANCE_IN_PROGRESS') {
        endGathering()
        hooks.onRebalancing()
      }
      throw error
    }
  }

  /** A broker that came back is another connection; kafkajs looks for it only when it joins. */
  async function findCoordinator(member: ConsumerGroup): Promise<void> {
    if (searching) return
    searching = true
    try {
      member.coordinator = await member.cluster.findGroupCoordinator({ groupId: member.groupId })
    } catch {
      // The next heartbeat fails and looks again.
    } finally {
      searching = false
    }
  }

  const session: Session = {
    async fetch(fetchNow) {
      const waitMs = gathersUntil - performance.now()
      if (waitMs > 0) await after(waitMs, undefined, { signal: gathering.signal }).catch(() => undefined)
      const batches = await fetchNow()
      if (isAllThereWas(batches)) gathersUntil = performance.now() + (limits.gatherMs ?? 0)
      return batches
    },
    heartbeat(member, intervalMs) {
      if (beating) return beating
      if (performance.now() < beatenAt + intervalMs) return Promise.resolve()
      beating = beat(member).finally(() => {
        beating = undefined
      })
      return beating
    },
    async join(member, join) {
      if (instanceId !== undefined && !named) nameMember(member, instanceId)
      named = true
      // Heartbeats go on meanwhile: what is to be finished can only be written while they are answered.
      await hooks.beforeJoin(wasMember && member.memberId === null)
      clearInterval(timer)
      await join()
      wasMember = true
      group = member
      limit(member, limits)
      clearInterval(timer)
      const tick = () => void session.heartbeat(member, heartbeatMs).catch(() => undefined)
      timer = setInterval(tick, heartbeatMs)
      beatenAt = Number.NEGATIVE_INFINITY
      tick()
    },
  }

  return {
    assigner(config) {
      const assigner = kafkajs.PartitionAssigners.roundRobin(config)
      sessions.set(assigner, session)
      return assigner
    },
    async commit(offsets) {
      if (!group) throw new Error('not a member of the group yet')
      await group.commitOffsets(offsets)
    },
    limitFetches(next) {
      limits = next
      endGathering()
      if (group) limit(group, next)
    },
    stop() {
      clearInterval(timer)
      endGathering()
      // kafkajs leaves the group for a member with an id only.
      if (group && instanceId !== undefined) group.memberId = null
    },
  }
}

/** Whether something came, and nothing was left at the broker. */
function isAllThereWas(batches: readonly FetchedBatch[]): boolean {
  return (
    batches.some((batch) => !batch.isEmpty()) &&
    batches.every((batch) => batch.isEmpty() || batch.offsetLag() === '0')
  )
}

function limit(group: ConsumerGroup, limits: FetchLimits): void {
  group.minBytes = limits.fetchMinBytes
  group.maxWaitTime = limits.fetchMaxWaitMs
  group.maxBytesPerPartition = limits.maxPartitionFetchBytes
  group.maxBytes = limits.maxPartitionFetchBytes * PARTITIONS_PER_FETCH
}

/** Makes a group join under an instance id: kafkajs's encoder knows it, its broker does not pass it on. */
function nameMember({ cluster }: ConsumerGroup, groupInstanceId: string): void {
  const find = cluster.findGroupCoordinator.bind(cluster)
  cluster.findGroupCoordinator = async (query) => {
    const broker = await find(query)
    const lookupRequest: Coordinator['lookupRequest'] = (api, definition) => {
      const encode = broker.lookupRequest(api, definition)
      return (request) => encode({ ...request, groupInstanceId })
    }
    const joining: Coordinator = Object.create(broker, { lookupRequest: { value: lookupRequest } })
    const joinGroup: Coordinator['joinGroup'] = (request) => broker.joinGroup.call(joining, request)
    return Object.create(broker, { joinGroup: { value: joinGroup } }) as Coordinator
  }
}

let watching = false

function watchGroups(): void {
  if (watching) return
  watching = true
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup')
  const { fetch, heartbeat, joinAndSync } = prototype
  const sessionOf = (group: ConsumerGroup) => group.assigners[0] && sessions.get(group.assigners[0])
  prototype.heartbeat = function heartbeatOfSession(this: ConsumerGroup, options: { interval: number }) {
    const session = sessionOf(this)
    return session ? session.heartbeat(this, options.interval) : heartbeat.call(this, options)
  }
  prototype.fetch = function fetchOfSession(this: ConsumerGroup, nodeId: string) {
    const fetchNow = () => fetch.call(this, nodeId) as Promise<FetchedBatch[]>
    const session = sessionOf(this)
    return session ? session.fetch(fetchNow) : fetchNow()
  }
  prototype.joinAndSync = function joinOfSession(this: ConsumerGroup) {
    const join = () => joinAndSync.call(this) as Promise<void>
    const session = sessionOf(this)
    return session ? session.join(this, join) : join()
  }
}
