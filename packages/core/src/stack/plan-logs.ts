import { TOPICS } from '../contract/index.ts'
import type { SettingValues } from '../settings/index.ts'
import { formatBytes, formatCount, formatDuration, GIB, MIB } from '../units/index.ts'
import type { TopicSpec } from './stack-spec.ts'

/** Disk that the logs may take, per byte of the machine's memory: the planner does not know the disk, and small machines come with small ones. */
export const diskPerMemory = 6
export const documentedSegmentBytes = GIB
/** Of one published reading with its headers, before compression: measured at 196 to 300 bytes. */
export const readingBytes = 250
export const dataTopics = [TOPICS.input, TOPICS.normal, TOPICS.critical, TOPICS.dirty] as const

/** Sizes that keep the logs of all data topics within the disk allowance, and the sentences for them. */
export interface LogSizes {
  segmentBytes: number
  retentionBytes: number
  segmentSentence: string
  retentionSentence: string
}

/**
 * Shares the disk allowance (6 GiB for each GiB of memory) out among the partitions of the four data topics. A partition
 * keeps `retention.bytes` and up to one open segment more, so its share is split between the two.
 */
export function planLogSizes({
  memoryBytes,
  partitions,
  segmentPin,
  maxPerSecond,
}: {
  memoryBytes: number
  partitions: number
  segmentPin: number | undefined
  maxPerSecond: number
}): LogSizes {
  const allowanceBytes = diskPerMemory * memoryBytes
  const logs = partitions * dataTopics.length
  const shareBytes = allowanceBytes / logs
  const derivedSegment = Math.max(
    MIB,
    Math.floor(Math.min(documentedSegmentBytes, shareBytes / 2) / MIB) * MIB,
  )
  const segmentBytes = segmentPin ?? derivedSegment
  const retentionBytes = Math.floor((shareBytes - segmentBytes) / MIB) * MIB
  const share = `${formatBytes(shareBytes)} for each of ${logs} logs, from ${formatBytes(allowanceBytes)} of disk (${diskPerMemory} × memory)`
  const filledMs = (1000 * Math.max(0, retentionBytes) * partitions) / (maxPerSecond * readingBytes)
  return {
    segmentBytes: derivedSegment,
    retentionBytes,
    segmentSentence:
      derivedSegment === documentedSegmentBytes
        ? `${formatBytes(derivedSegment)}: as documented; the disk allowance leaves ${share}`
        : `${formatBytes(derivedSegment)}: half of ${share}`,
    retentionSentence: `${formatBytes(retentionBytes)}: ${share}, less the open segment of ${formatBytes(segmentBytes)}; at ${formatCount(maxPerSecond)}/s that is about ${formatDuration(filledMs)} of readings`,
  }
}

/** The topics of the pipeline: four for data with the same partitions, and two small ones for control. */
export function planTopics(values: Readonly<SettingValues>): TopicSpec[] {
  const replicationFactor = values['topics.replicationFactor']
  const kept = {
    'cleanup.policy': 'delete',
    'retention.ms': String(values['topics.retention']),
    'segment.bytes': String(values['topics.segmentBytes']),
    'segment.ms': String(values['topics.segmentTime']),
  }
  const dataConfig = { ...kept, 'retention.bytes': String(values['topics.retentionBytes']) }
  return [
    ...dataTopics.map((name) => ({
      name,
      partitions: values['topics.radiation-data.partitions'],
      replicationFactor,
      config: dataConfig,
    })),
    {
      name: TOPICS.settings,
      partitions: 1,
      replicationFactor,
      config: {
        'cleanup.policy': 'compact',
        // Whoever writes it: readers of these few records need no codec.
        'compression.type': 'uncompressed',
        'segment.bytes': String(16 * MIB),
        'segment.ms': kept['segment.ms'],
      },
    },
    {
      name: TOPICS.playback,
      partitions: 1,
      replicationFactor,
      config: { ...kept, 'segment.bytes': String(16 * MIB), 'retention.bytes': String(64 * MIB) },
    },
  ]
}
