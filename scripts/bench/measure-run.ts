import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process to be measured. */
export interface Contestant {
  name: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
}

/** What one run of a contestant cost. */
export interface RunCost {
  recordsPerSecond: number
  /** Of the contestant's process, client threads included; the broker's is not in it. */
  cpuMicrosPerRecord: number
  /** Largest resident set seen, bytes. */
  peakRssBytes: number
}

const POLL_MS = 100
/** Joining and the first compilations are left out: measured is from this share of the records to the last one. */
const WARM_SHARE = 0.1
const SILENCE_MS = 60_000

/**
 * Runs a contestant until `done()` reaches `total` records, and tells what the records after the first tenth cost.
 * Rejects when it ends early or nothing moves for a minute.
 */
export async function measureRun(
  { name, args, env }: Contestant,
  {
    total,
    done,
    profileFolder,
  }: { total: number; done: () => Promise<number>; profileFolder?: string | undefined },
): Promise<RunCost> {
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const child = spawn(process.execPath, [...profiling, ...args], {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let ended = false
  const exit = new Promise<void>((resolve) =>
    child.once('exit', () => {
      ended = true
      resolve()
    }),
  )
  try {
    const pid = child.pid ?? 0
    let from: Mark | undefined
    let peakRssBytes = 0
    let last = { count: 0, at: performance.now() }
    for (;;) {
      if (ended) throw new Error(`${name} ended before it was through`)
      const mark = { count: await done(), at: performance.now(), ...readProcess(pid) }
      peakRssBytes = Math.max(peakRssBytes, mark.rssBytes)
      if (from === undefined && mark.count >= total * WARM_SHARE) from = mark
      if (mark.count >= total && from) return { ...costBetween(from, mark), peakRssBytes }
      if (mark.count > last.count) last = mark
      if (mark.at - last.at > SILENCE_MS) throw new Error(`${name} stands still at ${last.count} of ${total}`)
      await delay(POLL_MS)
    }
  } finally {
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exit
    clearTimeout(force)
  }
}

interface Mark {
  count: number
  at: number
  cpuMs: number
  rssBytes: number
}

function costBetween(from: Mark, to: Mark): Omit<RunCost, 'peakRssBytes'> {
  const records = to.count - from.count
  return {
    recordsPerSecond: (records / (to.at - from.at)) * 1000,
    cpuMicrosPerRecord: ((to.cpuMs - from.cpuMs) * 1000) / records,
  }
}

/** Linux: ticks of 10 ms, pages of 4 KiB. */
function readProcess(pid: number): { cpuMs: number; rssBytes: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return { cpuMs: ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10, rssBytes: (fields[21] ?? 0) * 4096 }
}
