import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { recordRun, reportText } from '../test/chaos/chaos-report.ts'
import { FAULT_KINDS, type FaultKind } from '../test/chaos/plan-faults.ts'
import { runChaos } from '../test/chaos/run-chaos.ts'
import { build, projectDir } from './run-program.ts'

const help = `npm run chaos -- [--seed N] [--faults N]

Runs a real stack through faults that a seed decides, and after each holds every record of the input against every record of
the outputs. Exit code 1, with the evidence kept, when one is lost, repeated, or wrong, or when the flow does not come back.

  --seed N          what decides about the faults and their times                     [default: 1]
  --faults N        how many                                                          [default: 20]
  --only KINDS      these kinds of fault, comma separated: ${FAULT_KINDS.join(', ')}
  --rate N          readings per second                                               [default: 2000]
  --profile NAME    profile of the stack                                              [default: 4c8g]
  --set KEY=VALUE   a setting of the stack; may be repeated
  --record          append the run to docs/chaos.md
  --keep            leave the project folder
  --help`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: '20' },
    only: { type: 'string' },
    rate: { type: 'string', default: '2000' },
    profile: { type: 'string', default: '4c8g' },
    set: { type: 'string', multiple: true, default: [] },
    record: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

process.exitCode = values.help ? showHelp() : await main()

function showHelp(): number {
  console.log(help)
  return 0
}

async function main(): Promise<number> {
  const only = values.only?.split(',') as FaultKind[] | undefined
  const unknown = only?.filter((kind) => !FAULT_KINDS.includes(kind)) ?? []
  const [seed, faults, perSecond] = [values.seed, values.faults, values.rate].map(Number)
  if (unknown.length > 0 || ![seed, faults, perSecond].every((number) => Number.isSafeInteger(number))) {
    console.error(
      unknown.length > 0 ? `error: no such fault: ${unknown.join(', ')}` : 'error: that is no number',
    )
    return 2
  }
  const built = await build()
  if (built !== 0) return built
  const interrupt = new AbortController()
  const onInterrupt = () => interrupt.abort(new Error('interrupted'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onInterrupt)
  const settings = Object.fromEntries(
    values.set.map((pin) => [pin.slice(0, pin.indexOf('=')), pin.slice(pin.indexOf('=') + 1)]),
  )
  console.log(`seed ${seed}, ${faults} faults, ${perSecond} readings/s on ${values.profile}`)
  const result = await runChaos({
    seed: seed as number,
    faults: faults as number,
    ...(only && { only }),
    profile: values.profile,
    perSecond: perSecond as number,
    settings,
    keep: values.keep,
    signal: interrupt.signal,
    say: (line) => console.log(line),
  })
  console.log(reportText(result))
  if (interrupt.signal.aborted) return 130
  if (values.record) {
    const pins = values.set.length > 0 ? `, ${values.set.join(', ')}` : ''
    await recordRun(join(projectDir, 'docs', 'chaos.md'), result, {
      date: new Date().toISOString().slice(0, 10),
      conditions: `${values.profile}, ${perSecond}/s${pins}`,
    })
  }
  return result.violations.length === 0 ? 0 : 1
}
