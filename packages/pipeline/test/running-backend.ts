import type { LiveFrame, LiveState } from '@radtune/core/contract'
import { checkWrite, type SettingKey, type SettingValues } from '@radtune/core/settings'
import { vi } from 'vitest'
import { WebSocket } from 'ws'
import { type BackendOptions, startBackend } from '../src/backend/index.ts'
import type { SettingWriter } from '../src/live-settings/index.ts'
import { FakeTopic, progressOf, quietLogger } from './fake-readings.ts'

/** What a test has to close, the last first. */
export type Closers = (() => Promise<unknown> | unknown)[]

export async function startTestBackend(closers: Closers, options: Partial<BackendOptions> = {}) {
  const normal = new FakeTopic('normal-data')
  const critical = new FakeTopic('critical-data')
  const backend = await startBackend({
    service: 'backend',
    httpAddress: '127.0.0.1:0',
    statsAddress: '127.0.0.1:0',
    readings: [normal, critical],
    progress: async () => [progressOf({ end: 10, normal: 5, critical: 1, duplicates: 1, unit: 2 })],
    thresholds: { moderate: 50, high: 200, critical: 1000 },
    logger: quietLogger,
    ...options,
    limits: { frameEveryMs: 10, ...options.limits },
  })
  closers.push(backend.close)
  await vi.waitFor(() => {
    normal.assign()
    critical.assign()
  })
  return { ...backend, normal, critical, url: `http://127.0.0.1:${backend.httpPort}` }
}

export type Message = LiveState | LiveFrame

export async function connectTo(
  closers: Closers,
  port: number,
  { headers = {}, query = '' }: { headers?: Record<string, string>; query?: string } = {},
) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws${query}`, { headers })
  closers.push(() => socket.terminate())
  const messages: Message[] = []
  const sizes: number[] = []
  socket.on('message', (data) => {
    sizes.push((data as Buffer).length)
    messages.push(JSON.parse(String(data)))
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return { socket, messages, sizes }
}

/** Writes settings to nowhere; `written` is what holds, and `down` lets it fail. */
export function memoryWriter(): {
  writeSetting: SettingWriter
  written: Map<SettingKey, SettingValues[SettingKey]>
  down: boolean
} {
  const written = new Map<SettingKey, SettingValues[SettingKey]>()
  let revision = 0
  const writer = {
    written,
    down: false,
    async writeSetting(key: string, raw: unknown) {
      const checked = checkWrite(key, { raw, inForce: Object.fromEntries(written) })
      if (!checked.ok) return checked
      if (writer.down) return { ok: false, fails: 'kafka', problem: 'Kafka is away' } as const
      written.set(checked.key, checked.value)
      revision += 1
      return { ok: true, written: { key: checked.key, value: checked.value, revision } } as const
    },
  }
  return writer
}
