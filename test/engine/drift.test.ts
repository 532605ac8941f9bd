import { describe, expect, it } from 'vitest'
import { runJson as run, runRadtune } from '../e2e/radtune.ts'
import { containerOf, env, withDockerProject } from './docker-project.ts'
import { docker, withoutEngine } from './engine.ts'

const LIVE = ['--only', 'services', '--only', 'kafka', '--only', 'settings']

interface Item {
  state: string
  path: string
  wanted: string | null
  found: string | null
  why: string | null
}

/** Items that are not in sync; text and JSON have the same exit code. */
async function drift(
  project: string,
  args: readonly string[] = LIVE,
): Promise<{ said: string[]; exitCode: number }> {
  const text = await runRadtune(project, ['drift', ...args], { env })
  const { document, result } = await run(project, ['drift', ...args], { env })
  expect([result.code, document.exitCode]).toEqual([text.code, text.code])
  const items = (document.data.items as Item[]).filter(
    ({ state }) => !['in sync', 'not applicable'].includes(state),
  )
  return {
    said: items
      .map(({ state, path, wanted, found }) => `${state} ${path}: ${wanted ?? '-'} → ${found ?? '-'}`)
      .sort(),
    exitCode: document.exitCode,
  }
}

const outOfReach = { ...env, DOCKER_HOST: 'tcp://127.0.0.1:9' }

describe.skipIf(withoutEngine)('drift of a stack in containers', () => {
  it('has none when fresh, is unchecked without the engine, finds what docker changed; up restores', {
    timeout: 900_000,
  }, async () => {
    await withDockerProject(async (project) => {
      const up = ['up', '--profile', '4c8g', '--port', 'auto', '--timeout', '300s']
      expect((await run(project, up, { env })).document).toMatchObject({ ok: true })
      await runRadtune(project, ['generate', '--profile', '4c8g'], { env })
      expect(await drift(project, ['--strict'])).toEqual({ said: [], exitCode: 0 })

      const { document } = await run(project, ['drift', ...LIVE], { env: outOfReach })
      const source = document.data.sources.find(({ name }: { name: string }) => name === 'running services')
      expect(source).toMatchObject({
        state: 'unchecked',
        why: expect.stringContaining('no container engine answers'),
      })
      expect(document.exitCode).toBe(0)
      const strict = await run(project, ['drift', ...LIVE, '--strict'], { env: outOfReach })
      expect(strict.document.exitCode).toBe(4)

      const nameOf = (service: string) => containerOf(project, service)
      docker(['update', '--memory', '512m', '--memory-swap', '512m', '--cpus', '0.5', nameOf('worker-1')])
      expect(await drift(project)).toEqual({
        said: ['changed worker-1.cpus: 1.5 CPU → 0.5 CPU', 'changed worker-1.memory: 2 GiB → 512 MiB'],
        exitCode: 3,
      })
      expect((await run(project, up, { env })).document).toMatchObject({ ok: true, data: { how: 'changed' } })
      expect(await drift(project, [...LIVE, '--strict'])).toEqual({ said: [], exitCode: 0 })

      docker(['stop', '--time', '1', nameOf('frontend')], { timeoutMs: 60_000 })
      docker(['rm', '-f', nameOf('provider')])
      const kafka = nameOf('kafka')
      const label = docker([
        'inspect',
        '--format',
        '{{index .Config.Labels "com.docker.compose.project"}}',
        kafka,
      ]).trim()
      const labels = [
        '--label',
        `com.docker.compose.project=${label}`,
        '--label',
        'com.docker.compose.service=extra',
      ]
      docker([
        'run',
        '--detach',
        '--name',
        `${label}-extra`,
        ...labels,
        'debian:bookworm-slim',
        'sleep',
        '600',
      ])
      expect((await drift(project, ['--only', 'services'])).said).toEqual([
        'changed frontend: runs → does not run',
        'missing provider: runs → -',
        'unexpected extra: - → runs',
      ])
    })
  })
})
