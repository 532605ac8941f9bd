import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { type HostLoad, known, type Reading, unknown } from '@radtune/core/metrics'

/** Busy and all time of all CPUs since boot, in the kernel's ticks. */
interface CpuTimes {
  cpus: number
  busy: number
  all: number
}

/**
 * Reads how busy the machine is: CPU since the reading before. In a container the kernel tells it of the machine too. `root`
 * stands in for `/` in tests.
 */
export function createHostMeter({ root = '/' }: { root?: string } = {}): (at: number) => Reading<HostLoad> {
  let before: CpuTimes | undefined
  return (at) => {
    const now = readCpuTimes(root)
    const last = before
    before = now
    if (!now) return unknown('this system does not tell how busy it is')
    if (!last || now.all <= last.all) return unknown('it has just been looked at for the first time')
    const cpuShare = Math.max(0, now.busy - last.busy) / (now.all - last.all)
    const memoryBytes = totalmem()
    return known(
      { cpus: now.cpus, cpuShare, perCore: [], memoryBytes, usedBytes: memoryBytes - freemem() },
      at,
    )
  }
}

/** `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in user already. */
function readCpuTimes(root: string): CpuTimes | undefined {
  let text: string
  try {
    text = readFileSync(`${root}/proc/stat`, 'utf8')
  } catch {
    return undefined
  }
  const [, ...fields] = text.slice(0, text.indexOf('\n')).trim().split(/\s+/)
  const times = fields.slice(0, 8).map(Number)
  const all = times.reduce((sum, time) => sum + time, 0)
  const [, , , idle = 0, waiting = 0] = times
  const cpus = text.match(/^cpu\d+ /gm)?.length ?? 0
  return cpus > 0 && all > 0 ? { cpus, busy: all - idle - waiting, all } : undefined
}
