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
import type { LookBack } from '../kafka/index.ts'
import { processSample, startStatsServer } from '../stats-server/index.ts'
import { type SystemViewOptions, startSystemView } from '../system-view/index.ts'
import { backendMetrics } from './backend-metrics.ts'
import { LiveClients } from './live-clients.ts'
import { LIVE_STATE_LIMITS, type LiveStateLimits } from './live-state.ts'
import { createPublicServer } from './public-server.ts'
import { type ReadingSource, startReadingFeed } from './reading-feed.ts'
import { receiveReadings } from './receive-readings.ts'
import { startRecordSumsPoller } from './record-sums.ts'
import { startFrames } from './start-frames.ts'
import type { WriteRoutesOptions } from './write-routes.ts'

export interface BackendOptions extends GuardOptions {
  service: string
  /** host:port; port 0 takes a free one. */
  httpAddress: string
  statsAddress: string
  /** One source for each output topic that is shown. */
  readings: readonly ReadingSource[]
  /** What those topics held before; absent: it begins with nothing. */
  past?: LookBack
  /** Where the worker group stands; asked once a second. */
  progress(): Promise<PartitionProgress[]>
  /** CPM from which a reading has a level, as the workers apply them. */
  thresholds: Snapshot['thresholds']
  /** Who may change settings, and how that is done; absent: nobody. */
  writes?: WriteRoutesOptions
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
  clients: 200,
  frameBytes: 20 * 1024,
  frameEveryMs: 250,
  systemEveryMs: 1000,
  heartbeatMs: 5000,
  snapshotPoints: 2000,
}
/** Of a frame, kept for its statistics and its times; they take about 900 bytes. */
const FRAME_HEAD_BYTES = 2048

/**
 * Serves the newest readings over HTTP and WebSocket. Listens at once and says over `/health` when readings can arrive.
 * Throws RT-LOCAL-007 when a port is in use.
 */
export async function startBackend(options: BackendOptions): Promise<RunningBackend> {
  const { logger, now = Date.now } = options
  const limits = { ...LIMITS, ...options.limits }
  const log = (message: string, details: Record<string, unknown>) => logger.warn(details, message)
  const live = receiveReadings(
    {
      state: limits,
      queue: { frameBytes: limits.frameBytes - FRAME_HEAD_BYTES, waitingSensors: limits.snapshotPoints },
    },
    now,
  )
  const session = randomUUID()
  let { thresholds } = options
  const stopping: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const stop of stopping.splice(0).reverse()) await stop()
  }

  stopping.push(() => live.stop())
  const sums = startRecordSumsPoller({ progress: options.progress, log, now })
  stopping.push(() => sums.stop())
  const from = options.past?.read(live.remember).then((positions) => {
    live.remembered()
    renew()
    return positions
  })
  const feed = startReadingFeed({ sources: options.readings, onBatch: live.receive, log, now, from })
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
    ...(live.state.sensorCount > pointLimit ? { cells: live.state.sensors.cells.all() } : {}),
    alerts: live.state.alerts(),
    stats: stats(skippedFrames),
    thresholds,
  })
  /** The next frame brings the critical readings that wait, so they are not in it. */
  const beginning = (skippedFrames: number): string => {
    const whole = snapshot(limits.snapshotPoints, skippedFrames)
    return JSON.stringify({ ...whole, alerts: whole.alerts.slice(live.queue.waitingAlerts) })
  }
  const clients = new LiveClients({
    maxClients: limits.clients,
    snapshot: beginning,
  })
  const frames = startFrames({
    ...limits,
    now,
    queue: live.queue,
    eventTime: () => live.state.eventTime,
    clients,
    stats: () => stats(0),
  })
  stopping.push(() => frames.stop())
  /** Something has changed that frames do not tell. */
  const renew = () => {
    frames.interrupt()
    clients.renew()
  }

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
      onClient(socket, resume) {
        clients.add(socket, resume?.session === session ? frames.missed(resume.seq) : undefined)
      },
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
        renew()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
