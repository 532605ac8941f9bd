import type { LiveService, LiveSystem, Playback, ProviderSample } from '@radtune/core/contract'
import type { Bottleneck, Evaluation, Metric, Reading } from '@radtune/core/metrics'
import type { SettingValues } from '@radtune/core/settings'
import type { SeenOfService } from './watch-services.ts'

export interface SystemParts {
  at: number
  services: readonly SeenOfService[]
  provider: Reading<ProviderSample>
  /** What the settings topic says: what was asked for, whether or not it is in force yet. */
  asked: Partial<SettingValues>
  evaluation: Evaluation
  latencyTargetMs: number
  advice: LiveSystem['advice']
}

/** What the page is told of the pipeline as a whole. What is not known is null. */
export function drawSystem(parts: SystemParts): LiveSystem {
  const { at, services, evaluation, latencyTargetMs, advice } = parts
  const { flow, bottleneck } = evaluation
  return {
    type: 'system',
    at,
    playback: playbackOf(parts),
    services: services.map(drawService),
    flow: {
      published: rateOf(flow.provider),
      processed: rateOf(flow.out),
      received: rateOf(flow.received),
    },
    lag: valueOrNull(flow.lag.now),
    latencyTargetMs,
    bottleneck: bottleneckSentence(bottleneck),
    advice,
  }
}

function drawService({ said, use }: SeenOfService): LiveService {
  const { name, role, condition, reason } = said
  return {
    name,
    role,
    condition,
    reason,
    cpus: valueOrNull(use.cpus),
    cpuLimit: use.cpuLimit,
    memoryBytes: valueOrNull(use.memoryBytes),
    memoryLimitBytes: use.memoryLimitBytes,
  }
}

/** The pace that the provider keeps; what was asked for as long as it does not tell. */
function playbackOf({ provider, asked }: SystemParts): Playback {
  const sample = provider.known ? provider.value : undefined
  return {
    speed: sample?.playback?.speed ?? asked['provider.playbackSpeed'] ?? 0,
    ratePerSecond: sample?.playback?.ratePerSecond ?? asked['provider.rate'] ?? 0,
    paused: asked['provider.playback'] === 'pause',
    state: sample?.state ?? null,
    gaps: sample?.gaps ?? null,
  }
}

/** Records that wait for services which are not busy may wait for Kafka, of which nobody here knows how busy it is. */
function bottleneckSentence({ stage, cause, sentence }: Bottleneck): string | null {
  if (stage === null) return null
  return stage !== 'kafka' && cause === 'slow'
    ? `${sentence}; or for Kafka: radtune monitor sees how busy that is, the backend does not`
    : sentence
}

function valueOrNull(reading: Reading<number>): number | null {
  return reading.known ? reading.value : null
}

/** Commits and samples do not come in step, so one second alone says too much or too little: the mean of the last few. */
function rateOf({ now, average }: Metric): number | null {
  return now.known && average !== null ? Math.round(average) : null
}
