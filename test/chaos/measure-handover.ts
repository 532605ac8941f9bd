import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { OUTPUT_TOPICS, type StatsAnswer, type WorkerSample } from '../../packages/core/src/contract/index.ts'
import { createTopicReader } from '../../packages/pipeline/test/topic-reader.ts'
import { watchFlow } from './flow-watch.ts'
import { createStackUnderTest, type StackUnderTest } from './stack-under-test.ts'

export type HandoverAct = 'nothing' | 'SIGKILL' | 'SIGTERM'

/** Longest time without output while one worker was restarted, milliseconds. */
export interface Handover {
  act: HandoverAct
  /** Of the partitions that the worker owned. */
  ownMs: number
  /** Of all others. */
  othersMs: number
}

/** How long each handover is watched. */
const WATCHED_MS = 25_000
/** Between two of them, for the back-off of the supervisor to be short again. */
const REST_MS = 32_000

/** Restarts a worker of a running stack in each way, `times` times, and measures how long which partitions put nothing out. */
export async function measureHandover(options: {
  profile: string
  perSecond: number
  times: number
  acts: readonly HandoverAct[]
  signal: AbortSignal
  say: (line: string) => void
}): Promise<Handover[]> {
  const project = await mkdtemp(join(tmpdir(), 'radtune-handover-'))
  const stack = await createStackUnderTest({ ...options, project })
  const found: Handover[] = []
  try {
    await stack.up({ fresh: true })
    const partitions = Object.values(await ownersOf(stack)).flat().length
    const flow = watchFlow(() => createTopicReader(stack.bootstrap, OUTPUT_TOPICS), partitions)
    for (let time = 0; time < options.times; time += 1) {
      for (const act of options.acts) {
        await delay(REST_MS, undefined, { signal: options.signal })
        const own = (await ownersOf(stack))['worker-1'] ?? []
        flow.mark()
        if (act !== 'nothing') process.kill(await stack.pidOf('worker-1'), act)
        await delay(WATCHED_MS, undefined, { signal: options.signal })
        const still = [...flow.standstills()]
        const longest = (mine: boolean) =>
          Math.max(0, ...still.filter(([partition]) => own.includes(partition) === mine).map(([, ms]) => ms))
        const handover = { act, ownMs: longest(true), othersMs: longest(false) }
        options.say(
          `${act.padEnd(8)} own ${Math.round(handover.ownMs)} ms, others ${Math.round(handover.othersMs)} ms`,
        )
        found.push(handover)
      }
    }
    await flow.stop()
  } catch (error) {
    if (!options.signal.aborted) throw error
  } finally {
    await stack.down().catch((error) => options.say(`down: ${error.message}`))
    await rm(project, { recursive: true, force: true })
  }
  return found
}

/** Which partitions each worker's slots own now. */
async function ownersOf(stack: StackUnderTest): Promise<Record<string, number[]>> {
  const owners: Record<string, number[]> = {}
  for (const name of await stack.workers()) {
    const url = `http://127.0.0.1:${stack.statsPorts()[name]}/stats?history=0`
    const { current } = (await (await fetch(url)).json()) as StatsAnswer<WorkerSample>
    owners[name] = current?.slots.flatMap(({ partitions }) => partitions) ?? []
  }
  return owners
}
