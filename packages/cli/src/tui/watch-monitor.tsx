import type { Judged } from '../services/advise-stack.ts'
import type { MonitorPace } from '../services/monitor-pace.ts'
import type { Moment } from '../services/monitor-stack.ts'
import type { OpenLogs } from './follow-logs.ts'
import { createMonitorStore, type MonitorStore } from './monitor-store.ts'
import { MonitorScreen } from './screens/MonitorScreen.ts'
import { showScreen } from './show-screen.ts'
import type { GraphStyle } from './view-models/graphs.ts'

/** Samples from one judgement to the next: the rules look at half a minute and more. */
const JUDGE_EVERY = 10
/** Every five minutes at one a second: it costs as much as some hundred samples, and drift is no matter of seconds. */
const COMPARE_EVERY = 300
/** By then what there is to see has been drawn. */
const FIRST_COMPARED = 20

interface Watching {
  /** Begins to collect, or to replay, until the signal is aborted. */
  moments(
    signal: AbortSignal,
    pace: Pick<MonitorPace, 'intervalMs' | 'speed'>,
  ): Promise<AsyncIterable<Moment>>
  /** Called with each moment before it is drawn. */
  onMoment(moment: Moment): Promise<void>
  /** What the rules say of a moment; undefined where there is nothing to judge by. */
  judge(moment: Moment): Promise<Judged | undefined>
  /** How much of what runs is not as it should be; undefined where that cannot be told, as of a recording. */
  drift(): Promise<number | undefined>
  pace: MonitorPace
  replayed: boolean
  self: (() => string) | undefined
  graphs: GraphStyle
  colour: boolean
  /** Writes a frame of text; answers where, or why not. */
  save(frame: string): Promise<string>
  openLogs: OpenLogs
  /** Ends the screen from outside. */
  signal: AbortSignal
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
}

/**
 * Shows the monitor on a terminal until the user quits or `signal` is aborted. A replay waits while a moment of it is held, and stays
 * on its last one.
 */
export async function watchMonitor({
  moments,
  onMoment,
  judge,
  drift,
  pace,
  replayed,
  graphs,
  signal: ended,
  stdin,
  stdout,
  ...shown
}: Watching): Promise<void> {
  const store = createMonitorStore({ graphs, replayed })
  await showScreen({
    stdin,
    stdout,
    signal: ended,
    screen: (quit) => (
      <MonitorScreen
        {...shown}
        store={store}
        terminal={stdout}
        intervalMs={() => pace.intervalMs}
        pace={pace.change}
        replayed={replayed}
        onQuit={quit}
      />
    ),
    async beside(signal) {
      // A step ahead is not waited for as long as it took.
      const stepped = {
        get intervalMs() {
          return pace.intervalMs
        },
        get speed() {
          return store.wanted() === 'soon' ? 0 : pace.speed
        },
      }
      let count = 0
      // Beside the samples: a source that is slow for it must not hold them up.
      const compare = async () => {
        const found = await drift()
        if (found !== undefined) store.compare(found)
      }
      for await (const moment of await moments(signal, stepped)) {
        await onMoment(moment)
        store.add(moment)
        if (count % JUDGE_EVERY === JUDGE_EVERY - 1) {
          const judged = await judge(moment)
          if (judged) store.judge(judged)
        }
        if (count % COMPARE_EVERY === FIRST_COMPARED) void compare()
        count += 1
        if (replayed) await untilWanted(store, signal)
      }
      store.finish()
      // Left by a key only: what was replayed is there to be looked at.
      await untilAborted(signal)
    },
  })
}

function untilWanted(store: MonitorStore, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (store.wanted() === 'none' && !signal.aborted) return
      unsubscribe()
      signal.removeEventListener('abort', look)
      resolve()
    }
    const unsubscribe = store.subscribe(look)
    signal.addEventListener('abort', look)
    look()
  })
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
