import { readFileSync } from 'node:fs'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { Launch, RunningProcess, RunningStack, ServiceState } from '../../ports/runtime.ts'
import { readKernelLimits } from '../host/kernel-limits.ts'
import { askSupervisor, findSupervisor } from './supervisor-client.ts'

/** The services of a supervisor as their processes are, by what the system says of them. Nothing left behind is touched. */
export async function describeProcesses(
  localFolder: string,
  silenceMs: number,
): Promise<RunningStack | undefined> {
  const supervisor = await findSupervisor(localFolder)
  if (!supervisor) return undefined
  const view = await askSupervisor(supervisor, { kind: 'inspect' }, { silenceMs })
  if (!view) return undefined
  const grouped = (supervisor.groups ?? []).length > 0
  return {
    launch: view.launch as Launch,
    processes: view.services.map((service) => describe(service, grouped)),
  }
}

function describe({ name, pid, condition, reason, limits }: ServiceState, grouped: boolean): RunningProcess {
  const now = Date.now()
  const gone = unknown('it does not run')
  if (pid === undefined) {
    const ended = reason === undefined ? condition : `${condition}: ${reason}`
    return { name, ended, image: undefined, command: gone, environment: gone, told: gone, kernel: gone }
  }
  return {
    name,
    ended: undefined,
    image: undefined,
    command: words(`/proc/${pid}/cmdline`, now),
    environment: variables(words(`/proc/${pid}/environ`, now)),
    told: unknown('a supervisor writes limits where the kernel reads them'),
    kernel: grouped ? readKernelLimits(pid, { now }) : unknown(limits.how),
  }
}

function words(path: string, now: number): Reading<readonly string[]> {
  try {
    return known(readFileSync(path, 'utf8').split('\0').slice(0, -1), now)
  } catch (error) {
    return unknown(`the system does not tell: ${(error as NodeJS.ErrnoException).code ?? error}`)
  }
}

function variables(entries: Reading<readonly string[]>): RunningProcess['environment'] {
  if (!entries.known) return entries
  const pairs = entries.value.map((entry) => {
    const equals = entry.indexOf('=')
    return [entry.slice(0, equals), entry.slice(equals + 1)] as const
  })
  return known(Object.fromEntries(pairs), entries.at)
}
