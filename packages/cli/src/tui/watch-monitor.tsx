import type { Moment } from '../services/monitor-stack.ts'
import { createMonitorStore } from './monitor-store.ts'
import { MonitorScreen } from './screens/MonitorScreen.tsx'
import { showScreen } from './show-screen.ts'

interface Watching {
  /** Begins to collect, or to replay, until the signal is aborted. */
  moments(signal: AbortSignal): Promise<AsyncIterable<Moment>>
  /** Called with each moment before it is drawn. */
  onMoment(moment: Moment): Promise<void>
  intervalMs: number
  replayed: boolean
  self: (() => string) | undefined
  /** Ends the screen from outside. */
  signal: AbortSignal
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
}

/** Shows the monitor on a terminal until the user quits or `signal` is aborted. A replay stays on its last moment. */
export async function watchMonitor({
  moments,
  onMoment,
  intervalMs,
  replayed,
  self,
  ...terminal
}: Watching): Promise<void> {
  const store = createMonitorStore()
  await showScreen({
    ...terminal,
    screen: (quit) => (
      <MonitorScreen
        store={store}
        terminal={terminal.stdout}
        intervalMs={intervalMs}
        replayed={replayed}
        self={self}
        onQuit={quit}
      />
    ),
    async beside(signal) {
      for await (const moment of await moments(signal)) {
        await onMoment(moment)
        store.add(moment)
      }
      store.finish()
      // Left by a key only: what was replayed is there to be looked at.
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
  })
}
