import { render } from 'ink'
import type { Clock } from '../ports/clock.ts'
import type { StatusReader } from '../services/read-status.ts'
import { StatusScreen } from './screens/StatusScreen.tsx'
import { createStatusStore } from './status-store.ts'

interface Watching {
  reader: StatusReader
  clock: Clock
  intervalMs: number
  /** Ends the screen from outside. */
  signal: AbortSignal
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
}

/** Shows the cursor and leaves the alternate screen; harmless when both are done already. */
const RESTORE = '\u001b[?25h\u001b[?1049l'

/**
 * Shows the status on the alternate screen of a terminal, read anew every `intervalMs`, until the user quits or `signal` is
 * aborted. The terminal is as it was before, however it ends.
 */
export async function watchStatus({
  reader,
  clock,
  intervalMs,
  signal,
  stdin,
  stdout,
}: Watching): Promise<void> {
  const store = createStatusStore()
  const quit = new AbortController()
  const ended = AbortSignal.any([quit.signal, signal])
  if (ended.aborted) return
  const restore = () => stdout.write(RESTORE)
  // The last way out: something ends the process without unwinding.
  process.once('exit', restore)
  const screen = render(<StatusScreen store={store} terminal={stdout} onQuit={() => quit.abort()} />, {
    stdin,
    stdout,
    alternateScreen: true,
    // Ink would draw nothing where CI is set, terminal or not.
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    incrementalRendering: true,
    maxFps: 10,
  })
  try {
    await Promise.race([
      screen.waitUntilExit(),
      keepReading({ reader, clock, intervalMs, store, signal: ended }),
      new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true })),
    ])
  } finally {
    quit.abort()
    screen.unmount()
    await screen.waitUntilExit().catch(() => undefined)
    process.off('exit', restore)
  }
}

async function keepReading({
  reader,
  clock,
  intervalMs,
  store,
  signal,
}: Pick<Watching, 'reader' | 'clock' | 'intervalMs' | 'signal'> & {
  store: ReturnType<typeof createStatusStore>
}): Promise<void> {
  while (!signal.aborted) {
    try {
      store.add(await reader.read())
    } catch (error) {
      store.fail(error instanceof Error ? error.message : String(error))
    }
    await clock.sleep(intervalMs, signal).catch(() => undefined)
  }
}
