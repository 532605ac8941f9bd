import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { LimitTrial } from '../../ports/doctor.ts'
import { joinCommand } from '../local/control-group.ts'
import { openStackGroups } from '../local/stack-groups.ts'

const LIMIT_CPUS = 0.2
const TRIAL_MS = 1000
const BUSY = 'while :; do :; done'

/** Lets a process that does nothing but count run under a CPU limit for a second, and reads what it really got. */
export async function tryLimits(folder: string, signal: AbortSignal): Promise<LimitTrial> {
  // Beside the group of the stack, which may be running.
  const groups = await openStackGroups(`${folder}-doctor-${process.pid}`)
  try {
    const group = groups.enforcing ? groups.create('trial') : undefined
    if (group === undefined) return { how: groups.how, trial: undefined }
    group.limitCpus(LIMIT_CPUS)
    const { command, args } = joinCommand(group.joinFiles, '/bin/sh', ['-c', BUSY])
    const child = spawn(command, args, { stdio: 'ignore' })
    const ended = once(child, 'close').catch(() => undefined)
    try {
      await once(child, 'spawn')
      const before = group.read().cpuMs
      const startedAt = performance.now()
      await delay(TRIAL_MS, undefined, { signal })
      const after = group.read().cpuMs
      const wallMs = performance.now() - startedAt
      if (before === undefined || after === undefined)
        return { how: `${groups.how}, which does not count CPU`, trial: undefined }
      return { how: groups.how, trial: { limitCpus: LIMIT_CPUS, usedCpus: (after - before) / wallMs } }
    } finally {
      child.kill('SIGKILL')
      await ended
    }
  } finally {
    await groups.remove()
  }
}
