import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'

/** Whether tests in a browser are left out: never when everything is required. */
export const withoutChromium = !existsSync(executablePath) && process.env.RADTUNE_REQUIRE_ALL !== '1'

/** A browser that talks to nobody of its own accord. */
export function launchChromium(): Promise<Browser> {
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
  ]
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-sync', ...quiet],
  })
}
