import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSystemDoctor } from './system-doctor.ts'

let folder: string
const { signal } = new AbortController()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'radtune-doctor-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const doctor = (environment: NodeJS.ProcessEnv = {}) =>
  createSystemDoctor({ projectDir: join(folder, 'not/yet/there'), environment })

describe('the engine', () => {
  it('is what answers on the socket of DOCKER_HOST', async () => {
    const socket = join(folder, 'engine.sock')
    const server = createServer((request, response) => {
      response.end(JSON.stringify(request.url === '/version' ? { Version: '28.1' } : { CgroupVersion: '2' }))
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    try {
      const address = `unix://${socket}`
      expect(await doctor({ DOCKER_HOST: address }).engine(signal)).toEqual({
        version: '28.1',
        address,
        cgroup: 'cgroup v2',
      })
    } finally {
      server.close()
    }
  })

  it.each(['unix:///nowhere/engine.sock', 'tcp://127.0.0.1:1', 'nonsense'])(
    'is away at %s, with a why',
    async (address) => {
      const answer = await doctor({ DOCKER_HOST: address }).engine(signal)
      expect(answer).toMatchObject({ tried: address, why: expect.stringMatching(/./) })
    },
  )
})

it('finds ports in use, and by whom', async () => {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as { port: number }
    const [found, ...more] = await doctor().portsInUse([port])
    expect(more).toEqual([])
    expect(found?.port).toBe(port)
    if (process.platform === 'linux') expect(found?.owner).toContain(`pid ${process.pid}`)
  } finally {
    server.close()
  }
})

it('measures what a limit really gives, or says why there are none', async () => {
  const { how, trial } = await doctor().limits(signal)
  if (trial === undefined) expect(how).toMatch(/advisory|does not count/)
  else expect(trial.usedCpus).toBeLessThan(2 * trial.limitCpus)
})

it('reads disk, open files and clock of this machine', async () => {
  expect(await doctor().freeDiskBytes()).toBeGreaterThan(0)
  if (process.platform === 'linux') expect(await doctor().openFiles()).toBeGreaterThan(100)
  const clock = await doctor({ PATH: '' }).clock(signal)
  expect(clock.watchedMs).toBeGreaterThanOrEqual(490)
  expect(clock.synchronised).toBeUndefined()
})

it('has neither compose nor Maven where the PATH has none', async () => {
  const bare = doctor({ PATH: folder, RADTUNE_CACHE_DIR: folder })
  expect(await bare.compose(signal)).toBeUndefined()
  expect(await bare.kafka()).toMatchObject({ cached: false, maven: undefined })
})
