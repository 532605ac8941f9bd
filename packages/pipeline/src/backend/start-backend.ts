import { randomUUID } from 'node:crypto'
import type {
  BackendSample,
  Health,
  LiveStats,
  PartitionProgress,
  SettingsReport,
  LiveState as Snapshot,
} from '@radtune/core/contract'
import { type GuardOptions, listenFastify } from '../http/index.ts'
import { processSample, startStatsServer } from '../stats-server/index.ts'
import { type SystemViewOptions, startSystemView } from '../system-view/index.ts'
import { backendMetrics } from './backend-metrics.ts'
import { decodeReading, type OutputRecord } from './decode-reading.ts'
import { FrameQueue } from './frame-queue.ts'
import { IncomingReading } from './incoming-reading.ts'
import { createLatencyWindow } from './latency-window.ts'
import { LiveClients } from './live-clients.ts'
import { LIVE_STATE_LIMITS, LiveState, type LiveStateLimits } from './live-state.ts'
import { createPublicServer } from './public-server.ts'
import { type ReadingSource, startReadingFeed } from './reading-feed.ts'
import { startRecordSumsPoller } from './record-sums.ts'

export interface BackendOptions extends GuardOptions {
  service: string
  /** host:port; port 0 takes a free one. */
  httpAddress: string
  statsAddress: string
  /** One source for each output topic that is shown. */
  readings: readonly ReadingSource[]
  /** Where the worker group stands; asked once a second. */
  progress(): Promise<PartitionProgress[]>
  /** CPM from which a reading has a level, as the workers apply them. */
  thresholds: Snapshot['thresholds']
  /** The live settings that it runs by; absent when there are none. */
  settings?: () => SettingsReport
  /** What it is to look at for the view of the whole system; absent when there is nothing. */
  system?: Pick<SystemViewOptions, 'outline' | 'settings'>
  logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
  /** Wall-clock milliseconds. */
  now?: () => number
  limits?: Partial<BackendLimits>
}

export interface BackendLimits extends LiveStateLimits {
  clients: number
  /** Bytes of one frame, whole. */
  frameBytes: number
  frameEveryMs: number
  systemEveryMs: number
  heartbeatMs: number
  /** Sensors in the snapshot that a client begins with. */
  snapshotPoints: number
}

export interface RunningBackend {
  httpPort: number
  statsPort: number
  /** Shows other bounds from now on, to those who are connected too. */
  setThresholds(thresholds: Snapshot['thresholds']): void
  close(): Promise<void>
}

const LIMITS: BackendLimits = {
  ...LIVE_STATE_LIMITS,
  clients: 50,
  frameBytes: 20 * 1024,
  frameEveryMs: 250,
  systemEveryMs: 1000,
  heartbeatMs: 5000,
  snapshotPoints: 2000,
}
/** Of a frame, kept for its statistics and its times; they take about 900 bytes. */
const FRAME_HEAD_BYTES = 2048
const SECOND_MS = 1000

/**
 * Serves the newest readings over HTTP and WebSocket. Listens at once and says over `/health` when readings can arrive.
 * Throws RT-LOCAL-007 when a port is in use.
 */
export async function startBackend(options: BackendOptions): Promise<RunningBackend> {
  const { logger, now = Date.now } = options
  const limits = { ...LIMITS, ...options.limits }
  const log = (message: string, details: Record<string, unknown>) => logger.warn(details, message)
  const live = createLive({ limits, now })
  const session = randomUUID()
  let { thresholds } = options
  const stopping: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const stop of stopping.splice(0).reverse()) await stop()
  }

  const sums = startRecordSumsPoller({ progress: options.progress, log, now })
  stopping.push(() => sums.stop())
  const feed = startReadingFeed({ sources: options.readings, onBatch: live.receive, log, now })
  stopping.push(() => feed.stop())
  const health = (): Health => {
    const reason = feed.problem() ?? sums.problem()
    return { healthy: reason === null, reason }
  }
  const stats = (skippedFrames: number): LiveStats => ({
    recordsPerSecond: live.rate(),
    received: { ...live.state.received },
    levels: { ...live.state.levels },
    endToEnd: live.latency.recent(),
    records: sums.current(),
    skippedFrames,
    clients: clients.count,
    sensors: live.state.sensorCount,
  })
  const snapshot = (pointLimit: number, skippedFrames: number): Snapshot => ({
    type: 'snapshot',
    session,
    seq: frames.seq(),
    at: now(),
    eventTime: live.state.eventTime,
    points: live.state.points(pointLimit),
    alerts: live.state.alerts(),
    stats: stats(skippedFrames),
    thresholds,
  })
  const clients = new LiveClients({
    maxClients: limits.clients,
    snapshot: (skippedFrames) => JSON.stringify(snapshot(limits.snapshotPoints, skippedFrames)),
  })
  const frames = startFrames({ limits, now, live, clients, stats })
  stopping.push(() => frames.stop())

  const process = processSample(options.service, { now })
  const sample = (): BackendSample => {
    const { recordsPerSecond, received, levels, endToEnd } = stats(0)
    const { count, skippedFrames } = clients
    const { newestAlert } = live.state
    return {
      ...process(options.settings?.()),
      received,
      levels,
      newestAlert: newestAlert
        ? { value: newestAlert.value, latitude: newestAlert.latitude, longitude: newestAlert.longitude }
        : null,
      recordsPerSecond,
      endToEnd,
      endToEndBuckets: live.latency.buckets(),
      clients: count,
      skippedFrames,
    }
  }
  const system =
    options.system &&
    startSystemView({
      ...options.system,
      own: { sample, health },
      kafka: sums,
      now,
      log,
      everyMs: limits.systemEveryMs,
    })
  if (system) {
    stopping.push(() => system.stop())
    const sending = setInterval(() => clients.sendSystem(system.current()), limits.systemEveryMs)
    stopping.push(() => clearInterval(sending))
  }
  const metrics = () =>
    backendMetrics({
      sample: sample(),
      latencySinceStart: live.latency.sinceStart(),
      records: sums.current(),
      mismatches: sums.mismatches(),
      sensors: live.state.sensorCount,
      undecodable: live.undecodable(),
      coalesced: live.queue.coalesced,
      healthy: health().healthy,
    })

  try {
    const http = await createPublicServer({
      ...options,
      health,
      metrics,
      system: () => system?.current(),
      state: (pointLimit) => snapshot(pointLimit, clients.skippedFrames),
      alerts: () => live.state.alerts(),
      readingsOf: (sensor, limit) => live.state.readingsOf(sensor, limit),
      hasRoom: () => !clients.isFull,
      onClient: (socket) => clients.add(socket),
    })
    stopping.push(() => http.close())
    stopping.push(() => clients.close())
    const httpPort = await listenFastify(http, options.httpAddress)
    const statsServer = await startStatsServer({
      ...options,
      address: options.statsAddress,
      sample,
      health,
      metrics,
    })
    stopping.push(() => statsServer.close())
    logger.info({ httpPort, statsPort: statsServer.port }, 'backend started')
    return {
      httpPort,
      statsPort: statsServer.port,
      setThresholds(next) {
        thresholds = next
        clients.renew()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Live {
  state: LiveState
  queue: FrameQueue
  latency: ReturnType<typeof createLatencyWindow>
  receive(batch: { records: Iterable<OutputRecord> }): void
  undecodable(): number
  /** Records per second, over the last second. */
  rate(): number
  /** Ends a second. */
  turn(): void
}

function createLive({ limits, now }: { limits: BackendLimits; now: () => number }): Live {
  const state = new LiveState(limits)
  const queue = new FrameQueue(state.sensors, {
    frameBytes: limits.frameBytes - FRAME_HEAD_BYTES,
    waitingSensors: limits.snapshotPoints,
  })
  const latency = createLatencyWindow()
  const reading = new IncomingReading()
  let undecodable = 0
  let rate = 0
  let second = { startedAt: now(), count: 0 }
  return {
    state,
    queue,
    latency,
    receive({ records }) {
      const receivedAt = now()
      for (const record of records) {
        if (!decodeReading(record, receivedAt, reading)) {
          undecodable += 1
          continue
        }
        if (!Number.isNaN(reading.latencyMs)) latency.record(reading.latencyMs)
        const entry = state.add(reading)
        queue.add(entry, reading.critical ? state.newestAlert : undefined)
        second.count += 1
      }
    },
    undecodable: () => undecodable,
    rate: () => rate,
    turn() {
      const at = now()
      const elapsedMs = at - second.startedAt
      if (elapsedMs <= 0) return
      rate = Math.round((second.count * SECOND_MS) / elapsedMs)
      second = { startedAt: at, count: 0 }
      latency.turn()
    },
  }
}

interface FrameOptions {
  limits: BackendLimits
  now: () => number
  live: Live
  clients: LiveClients
  stats(skippedFrames: number): LiveStats
}

/** Sends frames on time: as soon as something changed, and a heartbeat when nothing does. */
function startFrames({ limits, now, live, clients, stats }: FrameOptions): { seq(): number; stop(): void } {
  let seq = 0
  let sentAt = Number.NEGATIVE_INFINITY
  let sentStats = ''

  function tick(): void {
    // Whoever comes begins with a snapshot, which holds all of it.
    if (clients.count === 0) {
      live.queue.clear()
      return
    }
    const current = stats(0)
    const statsText = JSON.stringify(current)
    const at = now()
    if (live.queue.isEmpty && statsText === sentStats && at - sentAt < limits.heartbeatMs) return
    sentAt = at
    sentStats = statsText
    for (const part of live.queue.take()) {
      seq += 1
      clients.send({ ...part, seq, at, eventTime: live.state.eventTime, stats: current })
    }
  }

  const ticking = setInterval(tick, limits.frameEveryMs)
  const turning = setInterval(() => live.turn(), SECOND_MS)
  return {
    seq: () => seq,
    stop() {
      clearInterval(ticking)
      clearInterval(turning)
    },
  }
}
