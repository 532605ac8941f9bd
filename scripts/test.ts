import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { build, localProgram, projectDir, runProgram } from './run-program.ts'
import {
  missingPrerequisites,
  skippedText,
  summarise,
  totalsLine,
  type VitestReport,
} from './test-summary.ts'

/**
 * `npm test`: builds, runs all tests that this machine can run, says what was skipped and how to enable it, and ends with
 * the totals. Arguments go to vitest: `npm test -- -t plan`, `npm test -- packages/core`. With RADTUNE_REQUIRE_ALL=1 a
 * skipped test is a failure.
 */
const args = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'radtune-test-'))
try {
  process.exitCode = await test(join(folder, 'report.json'))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function test(reportFile: string): Promise<number> {
  const built = await build()
  if (built !== 0) {
    console.log('the build failed, so no test was run\n0 passed, 1 failed')
    return built
  }
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const exitCode = await runProgram(localProgram('vitest'), ['run', ...reporters, ...args])
  const report = await readFile(reportFile, 'utf8').then(
    (text): VitestReport => JSON.parse(text),
    () => undefined,
  )
  if (!report) {
    console.log('vitest left no report\n0 passed, 1 failed')
    return exitCode || 1
  }
  const summary = summarise(report, projectDir)
  const chosen = args.some((arg) => /^(-t|--testNamePattern)/.test(arg))
  const skipped = chosen ? undefined : skippedText(summary.skipped, missingPrerequisites())
  if (skipped) console.log(`\n${skipped}`)
  console.log(totalsLine(summary))
  if (process.env.RADTUNE_REQUIRE_ALL === '1' && !chosen && summary.skipped.length > 0) return exitCode || 1
  return exitCode === 0 && summary.failed > 0 ? 1 : exitCode
}
