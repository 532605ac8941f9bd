import { TOPICS } from '../contract/index.ts'
import { dataTopics, diskPerMemory, readingBytes } from './plan-logs.ts'
import type { StackSpec, TopicSpec } from './stack-spec.ts'

/** What a topic holds on disk while readings come at one rate. */
export interface DiskAtRate {
  perSecond: number
  /** Rate × size × (retention + time until a segment is closed): what retention by time alone would keep. */
  wantedBytes: number
  /** What is kept at most: that, or what retention by size leaves. */
  bytes: number
  /** How long a record lives. */
  keptMs: number
  boundBy: 'time' | 'size'
}

export interface TopicDisk {
  topic: string
  partitions: number
  /** Retention by size and one open segment, over all partitions: it never holds more. */
  capBytes: number
  /** At the lowest and the highest rate of the workload; empty for topics that hold no readings. */
  atRates: readonly DiskAtRate[]
}

/** The disk that the logs of a plan take. Bytes of records before compression, so an upper bound. */
export interface DiskLedger {
  topics: readonly TopicDisk[]
  /** All topics together at the lowest and the highest rate: a record is in the input and in one output at most. */
  atRates: readonly { perSecond: number; bytes: number }[]
  /** What the planner allows: a multiple of the machine's memory, since it does not know the disk. */
  allowanceBytes: number
  recordBytes: number
}

/** Works out the disk of every topic: rate × size × (retention + segment fill), or what retention by size allows if less. */
export function diskLedger({ topics, workload, machine }: StackSpec): DiskLedger {
  const rates = [...new Set([workload.minPerSecond, workload.maxPerSecond])]
  const held = topics.map((topic) => topicDisk(topic, rates))
  return {
    topics: held,
    atRates: rates.map((perSecond, index) => ({ perSecond, bytes: sumAtRate(held, index) })),
    allowanceBytes: diskPerMemory * machine.memoryBytes,
    recordBytes: readingBytes,
  }
}

function topicDisk({ name, partitions, config }: TopicSpec, rates: readonly number[]): TopicDisk {
  const segmentBytes = Number(config['segment.bytes'])
  // A compacted topic of few records keeps a closed segment beside the open one.
  const retainedBytes = Number(config['retention.bytes'] ?? segmentBytes)
  const capBytes = partitions * (retainedBytes + segmentBytes)
  const holdsReadings = (dataTopics as readonly string[]).includes(name)
  return {
    topic: name,
    partitions,
    capBytes,
    atRates: holdsReadings
      ? rates.map((perSecond) => atRate(perSecond, { partitions, config, capBytes }))
      : [],
  }
}

function atRate(
  perSecond: number,
  { partitions, config, capBytes }: Pick<TopicSpec, 'partitions' | 'config'> & { capBytes: number },
): DiskAtRate {
  const bytesPerMs = (perSecond * readingBytes) / 1000
  const fillMs = Math.min(
    Number(config['segment.ms']),
    (Number(config['segment.bytes']) * partitions) / bytesPerMs,
  )
  const keptMs = Number(config['retention.ms']) + fillMs
  const wantedBytes = Math.round(bytesPerMs * keptMs)
  return wantedBytes <= capBytes
    ? { perSecond, wantedBytes, bytes: wantedBytes, keptMs: Math.round(keptMs), boundBy: 'time' }
    : {
        perSecond,
        wantedBytes,
        bytes: capBytes,
        keptMs: Math.round(capBytes / bytesPerMs),
        boundBy: 'size',
      }
}

/** The outputs share the rate of the input: together they want what one of them would at the full rate. */
function sumAtRate(held: readonly TopicDisk[], index: number): number {
  const input = held.find(({ topic }) => topic === TOPICS.input)?.atRates[index]
  const outputs = held.filter(({ topic, atRates }) => topic !== TOPICS.input && atRates.length > 0)
  const outputCaps = outputs.reduce((sum, { capBytes }) => sum + capBytes, 0)
  const control = held
    .filter(({ atRates }) => atRates.length === 0)
    .reduce((sum, { capBytes }) => sum + capBytes, 0)
  const wanted = outputs[0]?.atRates[index]?.wantedBytes ?? 0
  return (input?.bytes ?? 0) + Math.min(wanted, outputCaps) + control
}
