import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'

/** The part of vitest's JSON report that is read here. */
export interface VitestReport {
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { fullName: string; status: string }[]
  }[]
}

export interface TestSummary {
  passed: number
  failed: number
  skipped: { file: string; name: string }[]
}

/** Counts a report. A file that could not even be loaded is one failure. */
export function summarise(report: VitestReport, root: string): TestSummary {
  const summary: TestSummary = { passed: 0, failed: 0, skipped: [] }
  for (const { name, status, assertionResults } of report.testResults) {
    const failures = assertionResults.filter((result) => result.status === 'failed').length
    summary.passed += assertionResults.filter((result) => result.status === 'passed').length
    summary.failed += failures === 0 && status === 'failed' ? 1 : failures
    for (const result of assertionResults) {
      if (result.status === 'passed' || result.status === 'failed') continue
      summary.skipped.push({ file: relative(root, name), name: result.fullName })
    }
  }
  return summary
}

export function totalsLine({ passed, failed, skipped }: TestSummary): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}

/** What was skipped, and what the machine lacks that tests ask for; undefined when nothing was skipped. */
export function skippedText(skipped: TestSummary['skipped'], wants: readonly string[]): string | undefined {
  if (skipped.length === 0) return undefined
  const files = Map.groupBy(skipped, ({ file }) => file)
  const lines = [...files].flatMap(([file, tests]) => {
    const shown = tests.slice(0, 5).map(({ name }) => `    ${name}`)
    return [
      `  ${file}`,
      ...shown,
      ...(tests.length > shown.length ? [`    and ${tests.length - shown.length} more`] : []),
    ]
  })
  const reasons =
    wants.length > 0
      ? ['To run them, this machine needs:', ...wants.map((want) => `  ${want}`)]
      : ['This machine has all that tests ask for; they skip themselves for a reason of their own.']
  return ['Skipped:', ...lines, ...reasons].join('\n')
}

/** Sentences about what tests would use and this machine does not have. */
export function missingPrerequisites(environment = process.env): string[] {
  const answers = (program: string, args: string[]) =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0
  const java = environment.JAVA_HOME ? join(environment.JAVA_HOME, 'bin', 'java') : 'java'
  const chromium = environment.CHROMIUM || '/usr/bin/chromium'
  const data = join(import.meta.dirname, '..', '..', 'shared', 'data', 'safecast')
  return [
    answers(java, ['-version']) ? '' : 'Java 17 or newer, for Kafka: apt-get install openjdk-17-jre-headless',
    answers('mvn', ['-version']) ? '' : 'Maven, which fetches Kafka once: apt-get install maven',
    existsSync(chromium) ? '' : 'Chromium, for the page: apt-get install chromium, or its path in CHROMIUM',
    answers('tmux', ['-V']) ? '' : 'tmux, for tests on a terminal: apt-get install tmux',
    answers('docker', ['info']) && answers('docker', ['compose', 'version'])
      ? ''
      : 'a container engine with compose, for the compose files: docs.docker.com/engine/install',
    existsSync(data) ? '' : `the Safecast dump in ${data}, for the test on real readings`,
  ].filter(Boolean)
}
