import type { Clock } from '../ports/clock.ts'
import type { StatusReader } from '../services/read-status.ts'
import { StatusScreen } from './screens/StatusScreen.ts'
import { showScreen } from './show-screen.ts'
import { createStatusStore } from './status-store.ts'

interface Watching {
  reader: StatusReader
  clock: Clock
  intervalMs: number
  colour: boolean
  /** Ends the screen from outside. */
  signal: AbortSignal
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
}

/** Shows the status on a terminal, read anew every `intervalMs`, until the user quits or `signal` is aborted. */
export async function watchStatus({
  reader,
  clock,
  intervalMs,
  colour,
  ...terminal
}: Watching): Promise<void> {
  const store = createStatusStore()
  await showScreen({
    ...terminal,
    screen: (quit) => <StatusScreen store={store} colour={colour} terminal={terminal.stdout} onQuit={quit} />,
    async beside(signal) {
      while (!signal.aborted) {
        try {
          store.add(await reader.read())
        } catch (error) {
          store.fail(error instanceof Error ? error.message : String(error))
        }
        await clock.sleep(intervalMs, signal).catch(() => undefined)
      }
    },
  })
}
