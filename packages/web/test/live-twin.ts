import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  LiveCell,
  LiveFrame,
  LiveMessage,
  LivePoint,
  LiveState,
  LiveStats,
  LiveSystem,
} from '@radtune/core/contract'
import { type WebSocket, WebSocketServer } from 'ws'

const FRAME_EVERY_MS = 250
const SYSTEM_EVERY_MS = 1000
const KEPT_FRAMES = 400
const EVENT_START_MS = Date.UTC(2020, 1, 11, 9, 31)

/** What a write route was asked, and with which token. */
export interface AskedWrite {
  path: string
  body: Record<string, unknown>
  authorization: string | undefined
}

export interface Refusal {
  status: number
  error: string
}

export type LiveTwin = Awaited<ReturnType<typeof startLiveTwin>>

/**
 * A backend that speaks the contract of the live map and whose pipeline is a few numbers: a replay that obeys pause, speed, rate and
 * thresholds. For what a test cannot bring about with the real one: a gap in the data, squares, a refusal, frames that are skipped.
 */
export async function startLiveTwin({ port = 0, session = 's1' } = {}) {
  const playback: LiveSystem['playback'] = {
    speed: 60,
    ratePerSecond: 1000,
    paused: false,
    state: 'running',
    gaps: { cut: 0, newest: null },
  }
  const thresholds = { moderate: 50, high: 200, critical: 1000 }
  const clients = new Set<WebSocket>()
  const sent: LiveFrame[] = []
  const points = new Map<string, LivePoint>()
  const alerts: LivePoint[] = []
  const resumed: string[] = []
  const writes: AskedWrite[] = []
  const twin = {
    refusal: null as Refusal | null,
    cells: undefined as LiveCell[] | undefined,
    skippedFrames: 0,
    sensors: null as number | null,
    /** Applied this long after it was written. */
    takesMs: 100,
  }
  let seq = 0
  let eventMs = EVENT_START_MS
  let pending: { points: LivePoint[]; alerts: LivePoint[] } = { points: [], alerts: [] }

  const stats = (): LiveStats => ({
    recordsPerSecond: playback.paused ? 0 : 1000,
    received: { normal: points.size, critical: alerts.length },
    levels: { low: points.size, moderate: 0, high: 0 },
    endToEnd: { count: 10, p50Ms: 12, p95Ms: 20, p99Ms: 25, p999Ms: 30, maxMs: 31 },
    records: null,
    skippedFrames: twin.skippedFrames,
    clients: clients.size,
    sensors: twin.sensors ?? points.size,
  })
  const head = () => ({ seq, at: Date.now(), eventTime: new Date(eventMs).toISOString(), stats: stats() })
  const snapshot = (): LiveState => ({
    ...head(),
    type: 'snapshot',
    session,
    points: [...points.values()].reverse(),
    alerts: alerts.slice(0, 100),
    thresholds,
    ...(twin.cells ? { cells: twin.cells } : {}),
  })
  const system = (): LiveSystem => ({
    type: 'system',
    at: Date.now(),
    playback,
    services: [],
    flow: { published: 1000, processed: 1000, received: 1000 },
    lag: 0,
    bottleneck: null,
    advice: null,
  })

  function say(message: LiveMessage): void {
    const text = JSON.stringify(message)
    for (const client of clients) client.send(text)
  }

  function sendFrame(): void {
    if (!playback.paused) eventMs += playback.speed * FRAME_EVERY_MS
    seq += 1
    const frame: LiveFrame = { ...head(), type: 'frame', ...pending }
    pending = { points: [], alerts: [] }
    sent.push(frame)
    if (sent.length > KEPT_FRAMES) sent.shift()
    say(frame)
  }

  function begin(client: WebSocket, asked: URLSearchParams): void {
    clients.add(client)
    client.on('close', () => clients.delete(client))
    const from = Number(asked.get('seq'))
    const known = asked.get('session') === session && (sent[0]?.seq ?? 1) <= from + 1
    if (asked.size > 0) resumed.push(known ? 'frames' : 'snapshot')
    const missed: LiveMessage[] = known ? sent.filter((frame) => frame.seq > from) : [snapshot()]
    for (const message of [...missed, system()]) client.send(JSON.stringify(message))
  }

  async function write(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
    writes.push({ path, body, authorization: request.headers.authorization })
    if (twin.refusal) return answer(response, twin.refusal.status, { error: twin.refusal.error })
    const key =
      path === '/api/playback_speed' ? 'provider.playbackSpeed' : path.slice('/api/settings/'.length)
    const value = (body.value ?? body.playback_speed) as number | string
    answer(response, 202, { key, value, revision: writes.length })
    await delay(twin.takesMs)
    apply(key, value)
  }

  function apply(key: string, value: number | string): void {
    if (key === 'provider.playbackSpeed') playback.speed = Number(value)
    if (key === 'provider.rate') playback.ratePerSecond = Number(value)
    if (key === 'provider.playback') {
      playback.paused = value === 'pause'
      playback.state = playback.paused ? 'paused' : 'running'
    }
    const name = /^thresholds\.(\w+)$/.exec(key)?.[1]
    if (name) {
      thresholds[name as keyof typeof thresholds] = Number(value)
      say(snapshot())
    }
    say(system())
  }

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://twin').pathname
    if (request.method === 'PUT' || request.method === 'POST') void write(path, request, response)
    else if (path === '/api/state') answer(response, 200, snapshot())
    else if (path === '/api/system') answer(response, 200, system())
    else if (path === '/api/alerts') answer(response, 200, { alerts })
    else answer(response, 404, { error: 'not here' })
  })
  const sockets = new WebSocketServer({ server, path: '/ws' })
  sockets.on('connection', (client, request) =>
    begin(client, new URL(request.url ?? '/', 'http://twin').searchParams),
  )
  const ticking = setInterval(sendFrame, FRAME_EVERY_MS)
  const telling = setInterval(() => say(system()), SYSTEM_EVERY_MS)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))

  return {
    set: twin,
    playback,
    thresholds,
    writes,
    /** How it answered those who came back: with frames or with a snapshot. */
    resumed,
    httpPort: (server.address() as AddressInfo).port,
    say,
    snapshot,
    /** As it began, but for time and readings. */
    reset(): void {
      twin.refusal = null
      writes.length = 0
      Object.assign(playback, { speed: 60, ratePerSecond: 1000, paused: false, state: 'running' })
      say(system())
    },
    /** Goes out with the next frame. */
    read(...readings: LivePoint[]): void {
      for (const reading of readings) {
        points.delete(reading.sensor)
        points.set(reading.sensor, reading)
        if (reading.critical) alerts.unshift(reading)
      }
      pending.points.unshift(...readings.toReversed())
      pending.alerts.unshift(...readings.filter(({ critical }) => critical).toReversed())
    },
    /** The replay meets a silence and leaps over it. */
    skip(days: number, { agoMs = 0 } = {}): void {
      const from = new Date(eventMs).toISOString()
      eventMs += days * 86_400_000
      const newest = { from, to: new Date(eventMs).toISOString(), at: Date.now() - agoMs }
      playback.gaps = { cut: (playback.gaps?.cut ?? 0) + 1, newest }
      say(system())
    },
    /** Drops everyone, as a network does. */
    drop(): void {
      for (const client of clients) client.terminate()
    },
    async close(): Promise<void> {
      clearInterval(ticking)
      clearInterval(telling)
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A reading of a sensor near Fukushima. */
export function reading(sensor: string, overrides: Partial<LivePoint> = {}): LivePoint {
  const value = overrides.value ?? 33
  return {
    sensor: `device:${sensor}`,
    latitude: 37.5612,
    longitude: 140.6946,
    value,
    usvh: value / 334,
    level: value < 50 ? 'low' : value < 200 ? 'moderate' : 'high',
    critical: value >= 1000,
    capturedTime: '2020-02-11T09:31:00.000Z',
    flags: [],
    latencyMs: 41,
    ...overrides,
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
