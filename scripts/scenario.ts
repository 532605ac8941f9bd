import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { printFigure } from '@radtune/core/advice'
import { changeTexts } from '../packages/cli/src/output/advice-text.ts'
import type { AdviseData } from '../packages/cli/src/output/advise-data.ts'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { hotKeyDump } from './bench/hot-key-dump.ts'
import { tableText } from './bench/report.ts'
import { build } from './run-program.ts'

const NAMES = ['starved-broker', 'over-parallel', 'slow-fetch', 'hot-partition', 'unknown', 'quiet'] as const

const help = `npm run scenario -- [NAME…] [--verify 30s] [--warm 30]

Launches a stack with something wrong (radtune up --demo NAME), lets radtune advise --apply put it right, and prints what was advised,
expected and measured, as a table for docs/tuning.md. hot-partition gets four of five readings from one place, and only judges. unknown has a broker that is stopped, so that nothing is known of Kafka, and must change nothing. quiet is the 4c8g stack in good order, judged three times. Names: ${NAMES.join(', ')}.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    verify: { type: 'string', default: '30s' },
    warm: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : NAMES
const unknown = names.filter((name) => !(NAMES as readonly string[]).includes(name))
if (values.help || unknown.length > 0) {
  console.log(help)
  process.exit(values.help ? 0 : 2)
}
const built = await build()
if (built !== 0) process.exit(built)

const rows: string[][] = []
for (const name of names) {
  await withProject(async (project) => {
    const how = await howToLaunch(name, project)
    const up = await runJson(project, ['up', '--profile', '4c8g', '--port', 'auto', ...how])
    if (!up.document.ok) throw new Error(`up failed: ${up.result.stderr}`)
    await delay(Number(values.warm) * 1000)
    if (name === 'quiet') {
      for (let round = 1; round <= 3; round += 1) {
        const { advice } = (await runJson(project, ['advise'])).document.data as AdviseData
        const steps = advice.steps.flatMap(({ changes }) => changeTexts(changes))
        rows.push([`quiet ${round}`, steps.join(', ') || 'nothing to change', '', '', ''])
      }
      return
    }
    if (name === 'unknown') {
      const { data } = (await runJson(project, ['status'])).document
      const kafka = data.services.find((service: { name: string }) => service.name === 'kafka').pid
      process.kill(kafka, 'SIGSTOP')
      try {
        const { advice, outcome } = (await runJson(project, ['advise', '--apply', '--verify', values.verify]))
          .document.data as AdviseData
        const undecided = advice.undecided.map(({ rule }) => rule)
        rows.push([
          name,
          `${advice.holds ?? 'nothing to change'}; not decided: ${undecided.join(', ')}`,
          '',
          '',
          outcome ? 'changed' : 'no change',
        ])
      } finally {
        process.kill(kafka, 'SIGCONT')
      }
      return
    }
    if (name === 'hot-partition') {
      const { advice } = (await runJson(project, ['advise'])).document.data as AdviseData
      const found = advice.findings.find(({ rule }) => rule === 'hot-partition')
      const steps = advice.steps.flatMap(({ changes }) => changeTexts(changes))
      rows.push([name, found?.sentence ?? 'not found', steps.join(', ') || 'no step', '', ''])
      return
    }
    const { document } = await runJson(project, ['advise', '--apply', '--verify', values.verify])
    if (!document.data) throw new Error(`advise failed: ${JSON.stringify(document.error)}`)
    rows.push(rowOf(name, document.data as AdviseData))
    console.log(`${name}: ${document.data.outcome?.verdict.sentence ?? 'no step was made'}`)
  })
}
console.log(`\n${tableText(['scenario', 'advice', 'expected', 'measured', 'verdict'], rows)}`)

async function howToLaunch(name: string, project: string): Promise<string[]> {
  if (name === 'quiet' || name === 'unknown') return ['--rate', '1000']
  if (name !== 'hot-partition') return ['--demo', name]
  const file = join(project, 'hot.csv')
  await writeFile(file, hotKeyDump({ rows: 100_000 }))
  return ['--data', file, '--loop', '--rate', '1000']
}

function rowOf(name: string, { advice, outcome }: AdviseData): string[] {
  if (!outcome) return [name, advice.holds ?? 'nothing to change', '', '', 'none']
  const { step, verdict } = outcome
  const figures = verdict.comparisons.filter(({ expected }) => expected !== null)
  return [
    name,
    changeTexts(step.changes).join(', '),
    figures
      .map(
        ({ metric, unit, expected }) =>
          `${metric} ${figure(expected?.low, unit)} to ${figure(expected?.high, unit)}`,
      )
      .join('; '),
    figures
      .map(({ metric, unit, before, after }) => `${metric} ${figure(before, unit)} → ${figure(after, unit)}`)
      .join('; '),
    verdict.verdict,
  ]
}

function figure(value: number | undefined, unit: Parameters<typeof printFigure>[1]): string {
  return value === undefined ? '-' : printFigure(value, unit)
}
