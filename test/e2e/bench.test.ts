import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, vi } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import { runJson, runRadtune, withProject } from './radtune.ts'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')
const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

async function rate(project: string): Promise<{ value: number; origin: string }> {
  const { document } = await runJson(project, ['get', 'provider.rate'])
  const { value, origin } = document.data.settings[0]
  return { value, origin }
}

describe.skipIf(obstacle !== undefined)(
  `a bench on real Kafka${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 300_000 },
  () => {
    it('measures what flows, and leaves the rate as it was, also when it is killed', async () => {
      await withProject(async (project) => {
        const up = ['up', '--profile', '4c8g', '--port', 'auto', '--timeout', '300s', '--rate', '400']
        expect((await runJson(project, up)).document).toMatchObject({ ok: true })
        const before = await rate(project)
        const bench = ['bench', '--steps', '800', '--for', '15s', '--warm-up', '3s', '--report', 'out.json']
        const { document } = await runJson(project, bench)
        expect(document.error).toBeNull()
        const [step] = document.data.report.steps
        expect(step.measures.out.value).toBeGreaterThan(700)
        expect(step.measures.out.value).toBeLessThan(900)
        for (const role of ['provider', 'kafka', 'worker', 'backend'])
          expect(step.measures.cpuByRole[role].value).toBeGreaterThan(0)
        expect(await rate(project)).toEqual(before)
        expect(existsSync(join(project, '.radtune/overlay.yaml'))).toBe(false)

        const child = spawn(process.execPath, [bin, ...bench.slice(0, -1), 'killed.json'], {
          cwd: project,
          env: { ...process.env, RADTUNE_RUNTIME: 'local' },
          stdio: 'ignore',
        })
        await vi.waitFor(async () => expect((await rate(project)).value).toBe(800), {
          timeout: 60_000,
          interval: 500,
        })
        child.kill('SIGKILL')
        expect(existsSync(join(project, '.radtune/borrowed.json'))).toBe(true)
        const advise = await runRadtune(project, ['advise', '--for', '1s'])
        expect(advise.stderr).toContain('provider.rate is 400/s again, as it was before radtune bench')
        expect(await rate(project)).toEqual(before)
        expect(existsSync(join(project, '.radtune/borrowed.json'))).toBe(false)
        expect(readFileSync(join(project, 'out.json'), 'utf8')).toContain('radtune.bench-report/1')
      })
    })
  },
)
