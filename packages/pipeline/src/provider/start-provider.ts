import {
  HEADERS,
  type Health,
  type PlaybackGaps,
  type ProviderSample,
  type RowRef,
  TOPICS,
} from '@radtune/core/contract'
import { readSettings } from '@radtune/core/settings'
import type { Logger } from 'pino'
import {
  Accumulator,
  type ClientOptions,
  createDriver,
  createProgressReader,
  type LaneOptions,
  type ProgressReader,
  readTails,
} from '../kafka/index.ts'
import { followSettings, type LiveSettings } from '../live-settings/index.ts'
import { processSample, startStatsServer } from '../stats-server/index.ts'
import { type BacklogGate, createBacklogGate } from './backlog-gate.ts'
import { listDumpFiles } from './dump-files.ts'
import { createDumpSource } from './dump-source.ts'
import { createGeneratorSource } from './generator.ts'
import {
  createEventTimePacer,
  createFreePacer,
  createPausedPacer,
  createRatePacer,
  type Pacer,
} from './pacing.ts'
import { providerMetrics } from './provider-metrics.ts'
import { newestRowRef, resumePoint, type SourceIdentity } from './resume.ts'
import type { RowSource } from './row-source.ts'
import { createProvider, type Provider, type RowSink, systemClock } from './run-provider.ts'

export interface ProviderOptions {
  service: string
  bootstrap: string
  statsAddress: string
  /** Files or folders to read, `-` for standard input; none for the generator. */
  paths: readonly string[]
  loop: boolean
  seed: number
  environment: Readonly<Record<string, string | undefined>>
  logger: Logger
}

type ProviderSettings = ReturnType<typeof readProviderSettings>

function readProviderSettings(environment: Readonly<Record<string, string | undefined>>) {
  return readSettings(environment, [
    'pipeline.driver',
    'provider.rate',
    'provider.playbackSpeed',
    'provider.playback',
    'provider.maxInFlight',
    'provider.producer.batchBytes',
    'provider.producer.linger',
    'provider.producer.compression',
    'provider.producer.bufferMemory',
  ])
}

/**
 * Publishes readings as this process: goes on where an earlier run stopped, keeps the pace, and stays up when the data are
 * finished, so that its numbers can be read. `onFailure` is called when the source or Kafka ends it.
 */
export async function startProvider(
  options: ProviderOptions & { onFailure: (error: unknown) => void },
): Promise<{ close(): Promise<void> }> {
  const { logger, service, bootstrap } = options
  const start = readProviderSettings(options.environment)
  const client: ClientOptions = {
    bootstrap,
    clientId: service,
    log: ({ message, details }) => logger.warn(details, message),
  }
  const settings = await followSettings(client, { start, logger })
  const { source, identity } = await openSource(options)
  const progress = createProgressReader(client)
  const { partitions, newestRefs } = await readNewestRows(client, progress)
  const producer = createDriver(start['pipeline.driver'], client).producer()
  await producer.connect()
  const stop = new AbortController()
  const accumulator = createAccumulator(settings.values, producer, (error) => {
    stop.abort()
    options.onFailure(error)
  })
  const gate = createBacklogGate({
    most: settings.values['provider.maxInFlight'],
    progress: () => progress.read(),
    onProblem: (error) => logger.warn({ err: error }, 'the backlog cannot be read; publishing goes on'),
  })
  const gaps: PlaybackGaps = { cut: 0, newest: null }
  const provider = createProvider({
    source,
    sink: sinkOf(accumulator, gate),
    resume: resumePoint({ identity, partitions, newestRefs }),
    pacer: pacerOf(settings.values, gaps),
    partitions,
    clock: systemClock,
  })
  settings.onChange((values, changed) => {
    accumulator.configure({ lanes: lanesOf(values), bufferBytes: values['provider.producer.bufferMemory'] })
    gate.setMost(values['provider.maxInFlight'])
    if (changed.some((key) => PACE.includes(key))) provider.setPacer(pacerOf(values, gaps))
  })
  const server = await startStatsServer({
    address: options.statsAddress,
    ...observe(service, { provider, settings, gaps }),
  })
  const running = provider.run(stop.signal).then((end) => {
    const { read, published, skipped, malformed } = provider.numbers()
    logger.info({ read, published, skipped, malformed }, `provider ${end}`)
  })
  running.catch(options.onFailure)
  logger.info({ source: source.title, partitions }, 'provider started')
  return {
    async close() {
      await settings.close()
      stop.abort()
      gate.close()
      await running.catch(() => undefined)
      accumulator.discard()
      await producer.close()
      await progress.close()
      await server.close()
    },
  }
}

async function openSource(
  options: ProviderOptions,
): Promise<{ source: RowSource; identity: SourceIdentity }> {
  const { paths, loop, seed } = options
  if (paths.length === 0) {
    return { source: createGeneratorSource({ seed, now: Date.now }), identity: { kind: 'generator', seed } }
  }
  const files = await listDumpFiles(paths, { loop })
  const source = createDumpSource({ files, loop, now: Date.now, stdin: process.stdin })
  return { source, identity: { kind: 'files', names: files.map(({ name }) => name) } }
}

/** The newest `row` header of each input partition: where an earlier run got to. */
async function readNewestRows(
  client: ClientOptions,
  progress: ProgressReader,
): Promise<{ partitions: number; newestRefs: Map<number, RowRef> }> {
  const partitions = (await progress.read()).map(({ partition }) => partition)
  const tails = await readTails(
    client,
    partitions.map((partition) => ({ topic: TOPICS.input, partition })),
  )
  const newestRefs = new Map<number, RowRef>()
  for (const partition of partitions) {
    const tail = tails.get(`${TOPICS.input}/${partition}`) ?? []
    const ref = newestRowRef(tail.map(({ headers }) => headers.get(HEADERS.row) ?? ''))
    if (ref) newestRefs.set(partition, ref)
  }
  return { partitions: partitions.length, newestRefs }
}

function createAccumulator(
  settings: ProviderSettings,
  producer: ReturnType<ReturnType<typeof createDriver>['producer']>,
  onFailure: (error: Error) => void,
): Accumulator {
  return new Accumulator({
    producer,
    lanes: lanesOf(settings),
    bufferBytes: settings['provider.producer.bufferMemory'],
    onFailure,
  })
}

function lanesOf(settings: ProviderSettings): Record<string, LaneOptions> {
  return {
    [TOPICS.input]: {
      batchBytes: settings['provider.producer.batchBytes'],
      lingerMs: settings['provider.producer.linger'],
      compression: settings['provider.producer.compression'],
    },
  }
}

function sinkOf(accumulator: Accumulator, gate: BacklogGate): RowSink {
  return {
    append(topic, partition, record) {
      accumulator.append(topic, partition, record)
      return accumulator.full ? accumulator.space() : gate.wait()
    },
    async flush() {
      accumulator.flush()
      await accumulator.settled()
    },
    counts: () => ({ acknowledged: accumulator.counts.records, queuedBytes: accumulator.counts.queuedBytes }),
  }
}

/** Settings that decide the pace. */
const PACE: readonly (keyof ProviderSettings)[] = [
  'provider.rate',
  'provider.playbackSpeed',
  'provider.playback',
]

function pacerOf(settings: ProviderSettings, gaps: PlaybackGaps): Pacer {
  if (settings['provider.playback'] === 'pause') return createPausedPacer()
  const speed = settings['provider.playbackSpeed']
  if (speed > 0) return createEventTimePacer(speed, { wallMs: Date.now, gaps })
  const rate = settings['provider.rate']
  return rate === 0 ? createFreePacer() : createRatePacer(rate)
}

function observe(
  service: string,
  {
    provider,
    settings,
    gaps,
  }: { provider: Provider; settings: LiveSettings<keyof ProviderSettings>; gaps: PlaybackGaps },
) {
  const base = processSample(service)
  const sample = (): ProviderSample => ({
    ...base(settings.report()),
    ...provider.numbers(),
    playback: {
      speed: settings.values['provider.playbackSpeed'],
      ratePerSecond: settings.values['provider.rate'],
      paused: settings.values['provider.playback'] === 'pause',
    },
    gaps: { ...gaps },
  })
  // Rates are since the last look, so only the ring's timer may look; everyone else gets what it saw.
  let latest = sample()
  return {
    sample: () => {
      latest = sample()
      return latest
    },
    health: (): Health => {
      const failed = latest.state === 'failed'
      return { healthy: !failed, reason: failed ? 'publishing ended with an error; see the log' : null }
    },
    metrics: () => providerMetrics(latest),
  }
}
