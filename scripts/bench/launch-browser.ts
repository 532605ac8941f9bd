import process from 'node:process'
import { type Browser, chromium } from 'playwright-core'

/** As Chromium is on a machine without a graphics card: WebGL in software, the page put together without it. */
const FLAGS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-gpu-compositing',
]

/** Headless Chromium that can draw the map; CHROMIUM names another browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS })
}
