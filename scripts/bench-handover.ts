import process from 'node:process'
import { parseArgs } from 'node:util'
import { type HandoverAct, measureHandover } from '../test/chaos/measure-handover.ts'
import { build } from './run-program.ts'

/** `npm run bench:handover`: how long partitions stand still while one worker is killed, or asked to end, and comes back. */
const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '3' },
    rate: { type: 'string', default: '2000' },
    profile: { type: 'string', default: '4c8g' },
  },
})
process.exitCode = await main()

async function main(): Promise<number> {
  const built = await build()
  if (built !== 0) return built
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort())
  const acts: HandoverAct[] = ['nothing', 'SIGKILL', 'SIGTERM']
  const found = await measureHandover({
    profile: values.profile,
    perSecond: Number(values.rate),
    times: Number(values.times),
    acts,
    signal: interrupt.signal,
    say: (line) => console.log(line),
  })
  if (interrupt.signal.aborted) return 130
  console.log('\nworker-1     its own partitions, worst   all others, worst')
  for (const act of acts) {
    const worst = (read: (handover: (typeof found)[number]) => number) =>
      (Math.max(...found.filter((handover) => handover.act === act).map(read)) / 1000).toFixed(1)
    const own = worst(({ ownMs }) => ownMs)
    console.log(
      `${act.padEnd(12)} ${`${own} s`.padStart(26)} ${`${worst(({ othersMs }) => othersMs)} s`.padStart(19)}`,
    )
  }
  return 0
}
