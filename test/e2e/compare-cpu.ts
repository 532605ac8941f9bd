import { existsSync, readFileSync } from 'node:fs'
import type { Snapshot } from '@radtune/core/metrics'
import { expect } from 'vitest'
import { overlap, type Sample, valueAt } from './counter-samples.ts'

/** Whoever takes the samples takes one each second. */
const LONGEST_SAMPLE_MS = 1_500

/** The CPU time of a service by the kernel's own counter, and what was read of it. */
export interface GroupClock {
  name: string
  read: () => number
  samples: { at: number; cpuMs: number }[]
}

/** Reads the CPU time of the control group of a service's process; undefined where it has none of its own. */
export function groupClock(pid: number): (() => number) | undefined {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (!path || !/radtune-|docker/.test(path)) continue
    const v1 = `/sys/fs/cgroup/cpuacct${path}/cpuacct.usage`
    if (controllers?.split(',').includes('cpuacct') && existsSync(v1))
      return () => Number(readFileSync(v1, 'utf8')) / 1e6
    const v2 = `/sys/fs/cgroup${path}/cpu.stat`
    if (controllers === '' && existsSync(v2))
      return () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(v2, 'utf8'))?.[1]) / 1e3
  }
  return undefined
}

/** Fails when the monitor has told another CPU time of a service than the kernel counted over the same time, by more than 5 %. */
export function compareCpu(snapshots: readonly Snapshot[], { name, samples }: GroupClock): void {
  const seen = cpuSeen(snapshots, name)
  const counted = samples.map(({ at, cpuMs }) => ({ at, value: cpuMs }))
  const { from, to } = overlap(seen, counted)
  const told = seen.filter(({ at }) => at >= from && at <= to)
  const [first] = told
  const last = told.at(-1)
  if (!first || !last || last.at - first.at < 10_000) throw new Error(`${name} was seen for too short a time`)
  let [usedMs, kernelMs, overMs] = [0, 0, 0]
  for (const [index, { at, value }] of told.entries()) {
    const before = told[index - 1]?.at ?? at
    // Each value is the mean since the sample before it: one that was not seen leaves a gap.
    if (at - before > LONGEST_SAMPLE_MS) continue
    usedMs += value * (at - before)
    kernelMs += valueAt(counted, at) - valueAt(counted, before)
    overMs += at - before
  }
  expect(overMs).toBeGreaterThan(5_000)
  // Below a hundredth of a CPU a tick of the clock is more than 5 %.
  if (kernelMs / overMs < 0.01) return
  expect(Math.abs(usedMs / kernelMs - 1), `CPU of ${name}`).toBeLessThan(0.05)
}

function cpuSeen(snapshots: readonly Snapshot[], name: string): Sample[] {
  const seen: Sample[] = []
  for (const { services } of snapshots) {
    const cpus = services.known ? services.value.find((service) => service.name === name)?.cpus : undefined
    if (cpus?.known && cpus.at > (seen.at(-1)?.at ?? 0)) seen.push({ at: cpus.at, value: cpus.value })
  }
  return seen
}
