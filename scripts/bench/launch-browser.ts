import process from 'node:process'
import { type Browser, chromium } from 'playwright-core'

/** WebGL in software, as on a machine without a graphics card. */
const FLAGS = ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']

/** Headless Chromium that can draw the map; CHROMIUM names another browser. */
export function launchBrowser(moreFlags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [...FLAGS, ...moreFlags],
  })
}
