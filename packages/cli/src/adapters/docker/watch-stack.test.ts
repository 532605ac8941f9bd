import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RuntimeWatch, ServiceState } from '../../ports/runtime.ts'
import { plannedSpec } from '../memory/planned-spec.ts'
import { createContainerStreams } from './container-streams.ts'
import { launchedFile } from './launched-stack.ts'
import { watchStack } from './watch-stack.ts'

describe('a stack that is watched', () => {
  let folder: string
  let engine: PlayedEngine
  let watch: RuntimeWatch

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'radtune-watch-'))
    await writeFile(
      launchedFile(folder),
      JSON.stringify({ launch: { spec: plannedSpec('4c8g') }, launchedAt: 1 }),
    )
    engine = await playEngine(join(folder, 'engine.sock'))
    const docker = new Docker({ socketPath: join(folder, 'engine.sock') })
    watch = watchStack({ folder, project: 'p' }, async () => docker)
  })

  afterEach(async () => {
    watch.close()
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const kafka = async (): Promise<ServiceState> => {
    const stack = await watch.inspect()
    const service = stack?.services.find(({ name }) => name === 'kafka')
    if (!service) throw new Error('there is no kafka')
    return service
  }

  it('tells at once what one look tells, then CPU by the stream, and asks for no more looks', async () => {
    expect(await kafka()).toMatchObject({
      condition: 'healthy',
      memoryBytes: { known: true, value: 200 },
      cpus: { known: false },
    })
    await engine.streaming('c1')
    engine.tell('c1', { second: 1, cpuNs: 5e8 })
    await expect.poll(async () => (await kafka()).cpus).toMatchObject({ known: true, value: 0.5 })
    const listed = engine.asked('/containers/json')
    for (let count = 0; count < 5; count += 1) await kafka()
    expect(engine.asked('/containers/json')).toBe(listed)
    expect(engine.asked('/containers/c1/stats one')).toBe(1)
    expect(engine.asked('/containers/c1/stats stream')).toBe(1)
  })

  it('keeps the newest value at its time while a stream says nothing', async () => {
    await kafka()
    await engine.streaming('c1')
    engine.tell('c1', { second: 1, cpuNs: 5e8 })
    await expect.poll(async () => (await kafka()).cpus.known).toBe(true)
    const { cpus } = await kafka()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await kafka()).cpus).toEqual(cpus)
  })

  it('puts a line together that comes in pieces, and takes no zeros of a container that does not run', async () => {
    await kafka()
    await engine.streaming('c1')
    engine.tell('c1', { second: 1, cpuNs: 5e8 }, { pieces: 3 })
    await expect.poll(async () => (await kafka()).cpus).toMatchObject({ known: true, value: 0.5 })
    engine.tell('c1', undefined)
    await expect
      .poll(async () => (await kafka()).memoryBytes)
      .toEqual({ known: false, why: 'the engine has not told of it yet' })
  })

  it('looks again after an event, and follows the container that was made anew', async () => {
    await kafka()
    await engine.streaming('c1')
    engine.containers = ['c2']
    engine.happen('start')
    await engine.streaming('c2')
    await expect.poll(() => engine.follows('c1')).toBe(false)
    engine.tell('c2', { second: 1, cpuNs: 9e8 })
    await expect.poll(async () => (await kafka()).cpus).toMatchObject({ known: true, value: 0.9 })
  })

  it('fails while the engine is away, and goes on by itself when it is back', async () => {
    await kafka()
    await engine.streaming('c1')
    await engine.stop()
    await expect.poll(() => kafka().then(() => 'told', String)).toMatch(/no container engine answers/)
    engine = await playEngine(join(folder, 'engine.sock'))
    expect((await kafka()).condition).toBe('healthy')
    await engine.streaming('c1')
    engine.tell('c1', { second: 2, cpuNs: 5e8 })
    await expect.poll(async () => (await kafka()).cpus).toMatchObject({ known: true, value: 0.25 })
  })

  it('calls values unknown after ten silent seconds, and opens the stream again', async () => {
    let now = 0
    const docker = new Docker({ socketPath: join(folder, 'engine.sock') })
    const streams = createContainerStreams(docker, { now: () => now })
    await streams.follow(['c1'])
    now = 9_000
    await streams.follow(['c1'])
    expect(streams.usages().get('c1')?.memoryBytes).toEqual({ known: true, value: 200, at: 0 })
    now = 12_000
    expect(streams.usages().get('c1')?.memoryBytes).toEqual({
      known: false,
      why: 'the engine has told nothing of it for 12 s',
    })
    await streams.follow(['c1'])
    await expect.poll(() => engine.asked('/containers/c1/stats stream')).toBe(2)
    streams.close()
  })

  it('leaves no stream open', async () => {
    await kafka()
    await engine.streaming('c1')
    watch.close()
    await expect.poll(() => engine.follows('c1')).toBe(false)
  })

  /** Asks until the stream of a container is open. */
  async function untilStreaming(of: PlayedEngine, id: string): Promise<void> {
    await expect
      .poll(async () => {
        await kafka()
        return of.follows(id)
      })
      .toBe(true)
  }

  interface PlayedEngine {
    /** Ids of the containers of kafka. */
    containers: string[]
    streaming(id: string): Promise<void>
    follows(id: string): boolean
    asked(question: string): number
    /** Counters at a second of the engine's clock; undefined as of a container that does not run. */
    tell(
      id: string,
      counters: { second: number; cpuNs: number } | undefined,
      options?: { pieces: number },
    ): void
    happen(action: string): void
    stop(): Promise<void>
  }

  /** An engine that says over its socket what a test wants it to. */
  async function playEngine(socket: string): Promise<PlayedEngine> {
    const streams = new Map<string, ServerResponse>()
    const questions: string[] = []
    const server: Server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine')
      const stream = pathname === '/events' || searchParams.get('stream') === 'true'
      const [, id = '', what = ''] = /^\/containers\/(.+)\/(.+)$/.exec(pathname) ?? []
      questions.push(what === 'stats' ? `${pathname} ${stream ? 'stream' : 'one'}` : pathname)
      if (stream) {
        const name = pathname === '/events' ? 'events' : id
        streams.set(name, response)
        response.once('close', () => streams.delete(name))
        response.flushHeaders()
        return
      }
      response.setHeader('Content-Type', 'application/json')
      if (pathname === '/info') response.end(JSON.stringify({ CgroupVersion: '1', NCPU: 2 }))
      else if (what === 'stats') response.end(JSON.stringify(stats({ second: 0, cpuNs: 0 })))
      else if (what === 'json') response.end(JSON.stringify(running(id)))
      else if (pathname === '/containers/json')
        response.end(JSON.stringify(played.containers.map((Id) => ({ Id, Labels: KAFKA }))))
      else response.end('[]')
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    const played: PlayedEngine = {
      containers: ['c1'],
      streaming: (id) => untilStreaming(played, id),
      follows: (id) => streams.has(id),
      asked: (question) => questions.filter((one) => one === question).length,
      tell(id, counters, { pieces } = { pieces: 1 }) {
        const line = `${JSON.stringify(counters ? stats(counters) : NOTHING)}\n`
        const size = Math.ceil(line.length / pieces)
        for (let at = 0; at < line.length; at += size) streams.get(id)?.write(line.slice(at, at + size))
      },
      happen: (action) => streams.get('events')?.write(`${JSON.stringify({ Action: action })}\n`),
      async stop() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
    return played
  }
})

const KAFKA = { 'com.docker.compose.service': 'kafka' }
const NOTHING = {
  read: '0001-01-01T00:00:00Z',
  memory_stats: {},
  cpu_stats: { cpu_usage: { total_usage: 0 } },
}

function stats({ second, cpuNs }: { second: number; cpuNs: number }) {
  return {
    read: new Date(Date.parse('2026-11-24T10:00:00Z') + second * 1000).toISOString(),
    memory_stats: { usage: 300, limit: 1024, stats: { inactive_file: 100 } },
    cpu_stats: { cpu_usage: { total_usage: cpuNs } },
  }
}

function running(id: string) {
  return {
    Id: id,
    RestartCount: 0,
    State: { Status: 'running', Running: true, Restarting: false, Paused: false, Pid: 42, ExitCode: 0 },
    HostConfig: { Memory: 1024 ** 3, NanoCpus: 5e8 },
  }
}
