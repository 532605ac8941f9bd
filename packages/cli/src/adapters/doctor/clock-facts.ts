import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClockFacts } from '../../ports/doctor.ts'

const WATCHED_MS = 500

/** Watches the wall clock against the monotonic one for a moment, and asks systemd or chrony whether it is kept in step. */
export async function readClock(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<ClockFacts> {
  const synchronised = isSynchronised(environment, signal)
  const wall = Date.now()
  const monotonic = performance.now()
  await delay(WATCHED_MS, undefined, { signal })
  const watchedMs = performance.now() - monotonic
  return {
    jumpMs: Math.round(Date.now() - wall - watchedMs),
    watchedMs: Math.round(watchedMs),
    synchronised: await synchronised,
  }
}

async function isSynchronised(
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const said = await output('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    environment,
    signal,
  })
  if (said === 'yes' || said === 'no') return said === 'yes'
  const tracking = await output('chronyc', ['-c', 'tracking'], { environment, signal })
  // The last field is the leap status.
  return tracking === undefined ? undefined : tracking.split(',').at(-1)?.trim() === 'Normal'
}

function output(
  program: string,
  args: readonly string[],
  { environment, signal }: { environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { env: environment, signal, timeout: 3000 }, (error, stdout) => {
      resolve(error ? undefined : stdout.trim())
    })
  })
}
