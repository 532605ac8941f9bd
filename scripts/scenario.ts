import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parseDuration } from '@radtune/core/units'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { tableText } from './bench/report.ts'
import { build } from './run-program.ts'
import type { Row } from './scenario/row.ts'
import { scenarios } from './scenario/scenarios.ts'

const help = `npm run scenario -- [NAME…] [--verify 30s] [--warm 30]

Launches a stack with something wrong (mostly radtune up --demo NAME), lets radtune advise --apply put it right, and prints what was
advised, expected and measured, as a table for docs/tuning.md.

  under-parallel   also how long what waits takes to drain
  memory           also which services restarted, and whether every record is in its place
  leak             only judges, and waits for the end that was told
  hot-partition    gets four of five readings from one place, and only judges
  wrong-advice     a rule with a false belief makes a step, which is to be taken back
  unknown          the broker is stopped: nothing is known of Kafka, and nothing may be changed
  quiet            the 4c8g stack in good order, judged three times

Names: ${Object.keys(scenarios).join(', ')}.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    verify: { type: 'string', default: '30s' },
    warm: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(scenarios)
const verify = parseDuration(values.verify)
if (values.help || !verify.ok || names.some((name) => !(name in scenarios))) {
  console.log(help)
  process.exit(values.help ? 0 : 2)
}
const built = await build()
if (built !== 0) process.exit(built)

const rows: Row[] = []
for (const name of names) {
  const scenario = scenarios[name]
  if (!scenario) continue
  await withProject(async (project) => {
    const how = await scenario.launch(project)
    const up = await runJson(project, ['up', '--profile', '4c8g', '--port', 'auto', ...how])
    if (!up.document.ok) throw new Error(`up failed: ${up.result.stderr}`)
    await delay(Number(values.warm) * 1000)
    console.log(`\n${name}`)
    rows.push(...(await scenario.run(project, { name, verify: values.verify, verifyMs: verify.value })))
  })
}
console.log(`\n${tableText(['scenario', 'advice', 'expected', 'measured', 'verdict'], rows)}`)
