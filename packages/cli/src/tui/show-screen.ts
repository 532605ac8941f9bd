import { render } from 'ink'
import type { ReactElement } from 'react'

interface Shown {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  /** Ends the screen from outside. */
  signal: AbortSignal
  /** Draws; `quit` ends it from inside. */
  screen(quit: () => void): ReactElement
  /** Runs beside the screen until its signal is aborted; its end ends the screen, too. */
  beside(signal: AbortSignal): Promise<void>
}

/**
 * Shows a screen on the alternate screen of a terminal until it is left. The terminal is as it was before, however it ends: Ink restores
 * it when the process exits, too. An error that nobody catches meanwhile is thrown here, when the screen is gone.
 */
export async function showScreen({ stdin, stdout, signal, screen, beside }: Shown): Promise<void> {
  const quit = new AbortController()
  const ended = AbortSignal.any([quit.signal, signal])
  if (ended.aborted) return
  let fail: (error: Error) => void = () => undefined
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  process.once('uncaughtException', fail)
  const shown = render(
    screen(() => quit.abort()),
    {
      stdin,
      stdout,
      alternateScreen: true,
      // Ink would draw nothing where CI is set, terminal or not.
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
    },
  )
  try {
    await Promise.race([
      shown.waitUntilExit(),
      beside(ended),
      failed,
      new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true })),
    ])
  } finally {
    quit.abort()
    shown.unmount()
    await shown.waitUntilExit().catch(() => undefined)
    process.off('uncaughtException', fail)
  }
}
