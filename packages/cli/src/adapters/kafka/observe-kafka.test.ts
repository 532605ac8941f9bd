import { GROUPS, TOPICS } from '@radtune/core/contract'
import { describe, expect, it } from 'vitest'
import type { Cluster, ClusterBroker, RawRequest } from './cluster.ts'
import { createKafkaObserver } from './observe-kafka.ts'

/** A broker with one input partition, whose answers take as long as a test says; 1,000 records/s come in. */
function playBroker(takesMs: Partial<Record<'ends' | 'lows' | 'commits' | 'group' | 'sizes', number>>) {
  const clock = { now: 1_000_000 }
  const asked: string[] = []
  const answer = <Value>(what: keyof typeof takesMs, value: () => Value): Promise<Value> => {
    asked.push(what)
    // It looks half-way between question and answer.
    clock.now += (takesMs[what] ?? 0) / 2
    const seen = value()
    clock.now += (takesMs[what] ?? 0) / 2
    return Promise.resolve(seen)
  }
  const broker = {
    offsetFetch: () =>
      answer('commits', () => ({
        responses: [{ topic: TOPICS.input, partitions: [{ partition: 0, offset: '7', metadata: null }] }],
      })),
    describeGroups: () => answer('group', () => ({ groups: [{ state: 'Stable', members: [] }] })),
    connectionPool: {
      send: <Answer>({ response }: RawRequest<Answer>) =>
        answer('sizes', () => NO_FOLDER).then((payload) => response.decode(payload)),
    },
  } as unknown as ClusterBroker
  const cluster = {
    metadata: async () => ({ topicMetadata: [{ topic: TOPICS.input }] }),
    addMultipleTargetTopics: async () => undefined,
    refreshMetadataIfNecessary: async () => undefined,
    findTopicPartitionMetadata: () => [{ partitionId: 0 }],
    findGroupCoordinator: async ({ groupId }: { groupId: string }) => {
      expect(groupId).toBe(GROUPS.worker)
      return broker
    },
    fetchTopicsOffset: ([{ topic, fromBeginning }]: [{ topic: string; fromBeginning: boolean }]) =>
      answer(fromBeginning ? 'lows' : 'ends', () => [
        { topic, partitions: [{ partition: 0, offset: fromBeginning ? '0' : String(clock.now) }] },
      ]),
  } as unknown as Cluster
  return { clock, asked, takesMs, observer: createKafkaObserver(cluster, { now: () => clock.now }) }
}

/** Throttle time and no folder. */
const NO_FOLDER = Buffer.alloc(8)

describe('an observer of Kafka', () => {
  it('gives ends the time at which the broker looked, whatever waits before and after', async () => {
    const { clock, takesMs, observer } = playBroker({ group: 400, lows: 300, ends: 200, sizes: 900 })
    const readEnds = async () => {
      const { topics } = await observer.observe()
      if (!topics.known) throw new Error(topics.why)
      return { at: topics.at, end: topics.value[0]?.partitions[0]?.end ?? Number.NaN }
    }
    const slow = await readEnds()
    clock.now += 100
    Object.assign(takesMs, { group: 0, lows: 0, ends: 0, sizes: 0 })
    const quick = await readEnds()
    // By the time at which all was told it would be 12 times that.
    expect((quick.end - slow.end) / (quick.at - slow.at)).toBe(1)
  })

  it('asks for sizes and for where logs begin at most every ten seconds', async () => {
    const { clock, asked, observer } = playBroker({})
    const count = () => asked.filter((what) => what === 'sizes' || what === 'lows').sort()
    const { sizes } = await observer.observe()
    expect(sizes).toEqual({ known: true, value: {}, at: clock.now })
    clock.now += 9_999
    expect((await observer.observe()).sizes).toEqual(sizes)
    expect(count()).toEqual(['lows', 'sizes'])
    clock.now += 1
    expect((await observer.observe()).sizes).toMatchObject({ at: clock.now })
    expect(count()).toEqual(['lows', 'lows', 'sizes', 'sizes'])
  })

  it('asks three times for all else', async () => {
    const { asked, observer } = playBroker({})
    await observer.observe()
    asked.length = 0
    await observer.observe()
    expect(asked.sort()).toEqual(['commits', 'ends', 'group'])
  })
})
