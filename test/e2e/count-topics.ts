import { createTopicReader, type TopicRecord } from '../../packages/pipeline/test/topic-reader.ts'

const topics = ['radiation-data', 'normal-data', 'critical-data', 'dirty-data'] as const

/** What stands in the topics, counted record by record by a consumer of the test's own. */
export interface TopicCounts {
  in: number
  normal: number
  critical: number
  dirty: number
  dirtyByReason: Record<string, number>
  levels: Record<string, number>
  /** Input records (`partition:offset`) that occur more than once over the three outputs. */
  repeated: string[]
  /** Output records whose `source` is not an input record, or has no header. */
  orphans: number
  /** Output records in another partition than their source. */
  misplaced: number
  /** Output records after one of a higher source offset in their partition. */
  outOfOrder: number
}

/** Reads all four topics from the start to their present ends, what is open or aborted left out. */
export async function countTopics(bootstrap: string): Promise<TopicCounts> {
  const reader = createTopicReader(bootstrap, topics)
  try {
    const ends = await reader.ends()
    const tally = createTally(ends)
    await reader.readTo(ends, (record) => {
      if (record.offset < (ends.get(record.topic)?.[record.partition] ?? 0)) tally.add(record)
    })
    return tally.counts
  } finally {
    await reader.close()
  }
}

function createTally(ends: ReadonlyMap<string, readonly number[]>) {
  const counts: TopicCounts = {
    in: 0,
    normal: 0,
    critical: 0,
    dirty: 0,
    dirtyByReason: {},
    levels: {},
    repeated: [],
    orphans: 0,
    misplaced: 0,
    outOfOrder: 0,
  }
  const seen = new Set<string>()
  const last = new Map<string, number>()
  const inputEnds = ends.get('radiation-data') ?? []
  return {
    counts,
    add({ topic, partition, value, headers }: TopicRecord) {
      if (topic === 'radiation-data') {
        counts.in += 1
        return
      }
      const body = JSON.parse(String(value)) as { reason?: string; level?: string }
      if (topic === 'dirty-data') {
        counts.dirty += 1
        increment(counts.dirtyByReason, body.reason ?? 'none')
      } else {
        counts[topic === 'normal-data' ? 'normal' : 'critical'] += 1
        increment(counts.levels, body.level ?? 'none')
      }
      const source = headers.get('source') ?? ''
      const [from, offset] = source.split(':').map(Number)
      if (from === undefined || offset === undefined || !(offset < (inputEnds[from] ?? 0))) {
        counts.orphans += 1
        return
      }
      if (from !== partition) counts.misplaced += 1
      if (seen.has(source)) counts.repeated.push(source)
      seen.add(source)
      const before = last.get(`${topic}/${partition}`) ?? -1
      if (offset <= before) counts.outOfOrder += 1
      last.set(`${topic}/${partition}`, offset)
    },
  }
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
