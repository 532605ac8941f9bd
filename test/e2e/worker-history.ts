import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProviderSample, WorkerSample } from '@radtune/core/contract'
import { readLaunch } from './read-stack.ts'

/** How many records waited at an instant, and how long it took from then until fewer than `below` did; undefined while more do. */
export async function drainSince(
  project: string,
  { since, below }: { since: number; below: number },
): Promise<{ records: number; ms: number } | undefined> {
  const waiting = (await waitingBySecond(project)).filter(([second]) => second * 1000 >= since)
  const drained = waiting.find(([, records]) => records < below)
  const [first] = waiting
  return first && drained && { records: first[1], ms: drained[0] * 1000 - since }
}

/** What the provider of a new project has published, less what the slots have decided about, by the second. */
async function waitingBySecond(project: string): Promise<[second: number, records: number][]> {
  const { ports } = await readLaunch(project)
  const published = await countsOf<ProviderSample>(ports.stats.provider, (sample) => sample.published)
  const workers = Object.keys(ports.stats).filter((name) => name.startsWith('worker-'))
  const decided = await Promise.all(
    workers.map((name) =>
      countsOf<WorkerSample>(ports.stats[name], ({ slots }) => slots.reduce((sum, slot) => sum + slot.in, 0)),
    ),
  )
  return [...published].flatMap(([second, sent]): [number, number][] => {
    const counts = decided.map((own) => own.get(second))
    // A second that one of the workers does not tell of tells nothing.
    if (counts.some((count) => count === undefined)) return []
    return [[second, sent - counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)]]
  })
}

/** A counter by the second, as a service remembers it. */
async function countsOf<Sample extends { at: number }>(
  port: number | undefined,
  count: (sample: Sample) => number,
): Promise<Map<number, number>> {
  const { history } = await (await fetch(`http://127.0.0.1:${port}/stats`)).json()
  return new Map((history as Sample[]).map((sample) => [Math.round(sample.at / 1000), count(sample)]))
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
