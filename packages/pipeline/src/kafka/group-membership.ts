import { createRequire } from 'node:module'
import kafkajs, { type Assigner, type PartitionAssigner } from 'kafkajs'

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
  /** Ends the heartbeats. */
  stop(): void
}

/** The part of kafkajs's ConsumerGroup that is used here. */
interface ConsumerGroup {
  groupId: string
  memberId: string | null
  generationId: number
  assigners: Assigner[]
  coordinator: {
    heartbeat(request: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>
  }
  cluster: { findGroupCoordinator(query: { groupId: string }): Promise<ConsumerGroup['coordinator']> }
  commitOffsets(offsets: object): Promise<void>
}

interface Session {
  heartbeat(group: ConsumerGroup, intervalMs: number): Promise<void>
  join(group: ConsumerGroup, join: () => Promise<void>): Promise<void>
}

const sessions = new WeakMap<Assigner, Session>()

/**
 * Watches over a membership in ways that kafkajs lacks: heartbeats also while a batch waits for an outage to end, by a clock
 * that only goes forward (kafkajs stops them for an hour when the wall clock is set back by one), and a moment before each
 * join in which what is under way can be finished.
 */
export function createMembership(options: { hooks: MembershipHooks; heartbeatMs: number }): Membership {
  watchGroups()
  const { hooks, heartbeatMs } = options
  let group: ConsumerGroup | undefined
  let timer: NodeJS.Timeout | undefined
  let beating: Promise<void> | undefined
  let beatenAt = Number.NEGATIVE_INFINITY
  let searching = false
  let wasMember = false

  async function beat(member: ConsumerGroup): Promise<void> {
    const { groupId, memberId, generationId } = member
    if (memberId === null) return
    const sentAtMs = performance.now()
    await member.coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId })
    if (member.memberId !== memberId || member.generationId !== generationId) return
    beatenAt = sentAtMs
    hooks.onConfirmed(sentAtMs)
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
    heartbeat(member, intervalMs) {
      if (beating) return beating
      if (performance.now() < beatenAt + intervalMs) return Promise.resolve()
      beating = beat(member)
        .catch((error: Error & { type?: string }) => {
          if (error.type === 'REBALANCE_IN_PROGRESS') hooks.onRebalancing()
          else if (error.type === undefined) void findCoordinator(member)
          throw error
        })
        .finally(() => {
          beating = undefined
        })
      return beating
    },
    async join(member, join) {
      clearInterval(timer)
      await hooks.beforeJoin(wasMember && member.memberId === null)
      await join()
      wasMember = true
      group = member
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
    stop: () => clearInterval(timer),
  }
}

let watching = false

function watchGroups(): void {
  if (watching) return
  watching = true
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup')
  const { heartbeat, joinAndSync } = prototype
  const sessionOf = (group: ConsumerGroup) => group.assigners[0] && sessions.get(group.assigners[0])
  prototype.heartbeat = function heartbeatOfSession(this: ConsumerGroup, options: { interval: number }) {
    const session = sessionOf(this)
    return session ? session.heartbeat(this, options.interval) : heartbeat.call(this, options)
  }
  prototype.joinAndSync = function joinOfSession(this: ConsumerGroup) {
    const join = () => joinAndSync.call(this) as Promise<void>
    const session = sessionOf(this)
    return session ? session.join(this, join) : join()
  }
}
