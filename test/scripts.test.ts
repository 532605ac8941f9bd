import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { skippedText, summarise, totalsLine } from '../scripts/test-summary.ts'

const root = join(import.meta.dirname, '..')
const systemNode = '/usr/bin/node'

test('a test report is counted, a file that does not load as one failure', () => {
  const summary = summarise(
    {
      testResults: [
        {
          name: '/p/a.test.ts',
          status: 'failed',
          assertionResults: [
            { fullName: 'a works', status: 'passed' },
            { fullName: 'b fails', status: 'failed' },
            { fullName: 'c needs Kafka', status: 'skipped' },
          ],
        },
        { name: '/p/b.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] },
      ],
    },
    '/p',
  )
  expect(totalsLine(summary)).toBe('1 passed, 2 failed, 1 skipped')
  expect(skippedText(summary.skipped, ['Java 17 or newer'])).toMatch(
    /a\.test\.ts\n {4}c needs Kafka\n.*\n {2}Java 17/,
  )
  expect(skippedText([], [])).toBeUndefined()
})

test.skipIf(!existsSync(systemNode))('without a Node that reads TypeScript, scripts say what to do', () => {
  const copy = mkdtempSync(join(tmpdir(), 'radtune-scripts-'))
  cpSync(join(root, 'scripts', 'run.js'), join(copy, 'scripts', 'run.mjs'))
  const version = spawnSync(systemNode, ['--version'], { encoding: 'utf8' }).stdout
  const { status, stderr } = spawnSync(systemNode, [join(copy, 'scripts', 'run.mjs'), 'check'], {
    encoding: 'utf8',
  })
  rmSync(copy, { recursive: true, force: true })
  expect(status).not.toBe(0)
  if (/^v(1|20|21)/.test(version)) expect(stderr).toMatch(/needs Node 22\.22 or newer[\s\S]*npm ci/)
})

test('every error code that the sources raise is in the generated page, with its commands', () => {
  const page = readFileSync(join(root, 'docs', 'reference', 'errors.md'), 'utf8')
  const sources = ['packages/core/src', 'packages/cli/src', 'packages/pipeline/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  )
  const raised = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/RadtuneError\(\s*'(RT-[A-Z]+-\d{3})'/g)].map((match) => match[1]),
    ),
  )
  expect(raised.size).toBeGreaterThan(20)
  for (const code of raised) expect(page).toContain(`## ${code}: `)
})
