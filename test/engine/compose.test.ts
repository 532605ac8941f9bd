import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { profileFromName, shippedProfileNames } from '@radtune/core/profile'
import { renderCompose } from '@radtune/core/render'
import { planStack, type StackSpec } from '@radtune/core/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFreePorts } from '../../packages/cli/src/adapters/local/free-ports.ts'
import { docker, withoutEngine } from './engine.ts'

const root = join(import.meta.dirname, '..', '..')
const composeDir = join(root, 'compose')
const image = 'radtune-pipeline:test'
const project = `radtune-test-${process.pid}`

describe.skipIf(withoutEngine)('docker compose', () => {
  test.each(
    shippedProfileNames.flatMap((profile) =>
      ['compose.yaml', 'compose.prod.yaml'].map((file) => [`${profile}/${file}`, profile]),
    ),
  )('takes compose/%s, with the limits of the plan', (file, profile) => {
    const config = JSON.parse(docker(['compose', '-f', join(composeDir, file), 'config', '--format', 'json']))
    expect(config.name).toBe(`radtune-${profile}`)
    for (const { name, memoryBytes, cpus } of specOf(profile).services) {
      const { limits } = config.services[name].deploy.resources
      expect([name, Number(limits.memory), Number(limits.cpus)]).toEqual([name, memoryBytes, cpus])
    }
  })
})

describe.skipIf(withoutEngine)('the image, and a stack of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtune-compose-'))
  const file = join(folder, 'compose.yaml')
  const compose = (...args: string[]) => ['compose', '-f', file, ...args]
  let ports: ComposePorts

  beforeAll(async () => {
    docker(['build', '-q', '-f', join(composeDir, 'image', 'Dockerfile'), '-t', image, root], {
      timeoutMs: 300_000,
    })
    ports = await freeComposePorts()
  }, 310_000)

  afterAll(() => {
    docker(compose('down', '-v', '--timeout', '10'), { timeoutMs: 60_000 })
    rmSync(folder, { recursive: true })
  }, 70_000)

  test('is no root, and has the programs, the page and nothing that only development needs', () => {
    const script =
      'id -u; ls dist/bin/*.js ../web/dist/index.html; ls ../../node_modules | grep -cx -e vite -e typescript'
    const [user, ...lines] = docker(['run', '--rm', image, 'bash', '-c', `${script} || true`])
      .trim()
      .split('\n')
    expect(user).toBe('1000')
    for (const program of ['topics', 'warm-up', 'worker', 'backend', 'frontend', 'provider'])
      expect(lines).toContain(`dist/bin/${program}.js`)
    expect(lines).toContain('../web/dist/index.html')
    expect(lines.at(-1)).toBe('0')
  })

  test('comes up healthy, and readings flow to the page', async () => {
    const [artifact] = renderCompose({
      spec: specOf('2c4g'),
      version: 'test',
      fileName: 'compose.yaml',
      title: 'Of a test.',
      project,
      image,
      data: { kind: 'generator', seed: 1 },
      ports,
      portsFromEnvironment: false,
    })
    writeFileSync(file, artifact?.text ?? '')
    docker(compose('up', '-d', '--wait', '--wait-timeout', '240'), { timeoutMs: 280_000 })
    const page = `http://127.0.0.1:${ports.frontend}`
    await expect
      .poll(async () => (await (await fetch(`${page}/api/state`)).json()).stats.records.normal, {
        timeout: 60_000,
        interval: 500,
      })
      .toBeGreaterThan(1000)
    expect((await fetch(`http://127.0.0.1:${ports.backend}/health`)).status).toBe(200)
    const { current } = await (await fetch(`http://127.0.0.1:${ports.stats['worker-1']}/stats`)).json()
    expect(current.service).toBe('worker-1')
    for (const id of docker(compose('ps', '-aq')).trim().split('\n')) {
      const [{ RestartCount, State }] = JSON.parse(docker(['inspect', id]))
      expect([RestartCount, State.OOMKilled, State.ExitCode]).toEqual([0, false, 0])
    }
  }, 360_000)
})

interface ComposePorts {
  kafka: number
  backend: number
  frontend: number
  stats: Record<string, number>
}

async function freeComposePorts(): Promise<ComposePorts> {
  const names = specOf('2c4g')
    .services.filter(({ role }) => role !== 'kafka')
    .map(({ name }) => name)
  const [kafka = 0, backend = 0, frontend = 0, ...stats] = await findFreePorts(3 + names.length)
  return {
    kafka,
    backend,
    frontend,
    stats: Object.fromEntries(names.map((name, index) => [name, stats[index] ?? 0])),
  }
}

function specOf(name: string): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  const plan = planStack(named.profile)
  if (!plan.ok) throw plan.error
  return plan.spec
}
