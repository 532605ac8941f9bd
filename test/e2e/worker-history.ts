import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { WorkerSample } from '@radtune/core/contract'
import { readLaunch } from './read-stack.ts'

/** When fewer records than `below` waited for all workers together, for the first time from `since` on; undefined while they do. */
export async function drainedAt(
  project: string,
  { since, below }: { since: number; below: number },
): Promise<number | undefined> {
  const told = new Map<number, number[]>()
  const workers = Object.entries(readLaunch(project).ports.stats).filter(([name]) =>
    name.startsWith('worker-'),
  )
  for (const [, port] of workers) {
    const { history } = await (await fetch(`http://127.0.0.1:${port}/stats`)).json()
    for (const { at, slots } of history as WorkerSample[]) {
      const second = Math.round(at / 1000)
      told.set(second, [...(told.get(second) ?? []), sum(slots.flatMap(({ lag }) => Object.values(lag)))])
    }
  }
  // A second that one of the workers does not tell of tells nothing.
  const drained = [...told].filter(
    ([second, lags]) => second * 1000 >= since && lags.length >= workers.length && sum(lags) < below,
  )
  return drained.length === 0 ? undefined : Math.min(...drained.map(([second]) => second * 1000))
}

/** When a slot of worker-1 ended, from `since` on, by what the worker logged; waits for it. */
export async function slotEndedAt(
  project: string,
  { since, timeoutMs }: { since: number; timeoutMs: number },
): Promise<number | undefined> {
  const file = join(project, '.radtune/local/logs/worker-1.log')
  for (const giveUpAt = Date.now() + timeoutMs; Date.now() < giveUpAt; await delay(500)) {
    const ends = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('slot ended, starting it again'))
      .map((line) => Number(/"time":(\d+)/.exec(line)?.[1]))
    const first = ends.find((at) => at >= since)
    if (first !== undefined) return first
  }
  return undefined
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
