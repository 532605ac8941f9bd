import { unknown } from '@radtune/core/metrics'
import type { ServiceSpec } from '@radtune/core/stack'
import { formatBytes } from '@radtune/core/units'
import type { ContainerInspectInfo } from 'dockerode'
import type { LimitsInForce, ServiceCondition, ServiceState } from '../../ports/runtime.ts'
import type { ContainerUsage } from './container-usage.ts'

/** How a container ended the last time, from the engine's events: its own state forgets that at the restart. */
export interface LastEnd {
  code: number | null
  outOfMemory: boolean
}

/** What the engine says of one container, as a service of the stack. */
export function serviceStateOf(
  service: ServiceSpec,
  container: ContainerInspectInfo,
  { usage, lastEnd, how }: { usage: ContainerUsage | undefined; lastEnd: LastEnd | undefined; how: string },
): ServiceState {
  const { State: state, RestartCount: restarts } = container
  const condition = conditionOf(state)
  const running = state.Running && !state.Restarting
  const notRunning = unknown('it does not run')
  const end = lastEnd ?? (running ? undefined : { code: state.ExitCode, outOfMemory: state.OOMKilled })
  return {
    name: service.name,
    condition,
    pid: running ? state.Pid : undefined,
    restarts,
    since: Date.parse(running ? state.StartedAt : state.FinishedAt) || 0,
    exit: end && {
      code: end.code,
      signal: end.code === 137 ? 'SIGKILL' : null,
      outOfMemory: end.outOfMemory,
    },
    reason: reasonOf({ service, container, condition, end }),
    memoryBytes: usage?.memoryBytes ?? notRunning,
    cpus: usage?.cpus ?? notRunning,
    throttling: usage?.throttling ?? notRunning,
    limits: limitsOf(service, container, { usage, how }),
  }
}

/** A service whose container is gone. */
export function absentService(service: ServiceSpec, how: string): ServiceState {
  const gone = unknown('its container is gone')
  return {
    name: service.name,
    condition: 'stopped',
    pid: undefined,
    restarts: 0,
    since: 0,
    exit: undefined,
    reason: 'its container is gone',
    memoryBytes: gone,
    cpus: gone,
    throttling: gone,
    limits: { memoryBytes: service.memoryBytes, cpus: service.cpus, enforced: false, how },
  }
}

export function conditionOf(state: ContainerInspectInfo['State']): ServiceCondition {
  if (state.Restarting) return 'restarting'
  if (state.Paused) return 'unhealthy'
  if (state.Running) {
    switch (state.Health?.Status) {
      case 'starting':
        return 'starting'
      case 'unhealthy':
        return 'unhealthy'
      default:
        return 'healthy'
    }
  }
  if (state.Status === 'created') return 'waiting'
  if (state.Status === 'removing') return 'stopping'
  return state.ExitCode === 0 ? 'stopped' : 'failed'
}

function reasonOf({
  service,
  container: { State: state },
  condition,
  end,
}: {
  service: ServiceSpec
  container: ContainerInspectInfo
  condition: ServiceCondition
  end: LastEnd | undefined
}): string | undefined {
  if (state.Paused) return 'it is paused'
  if (condition === 'unhealthy') return lastHealthOutput(state) ?? 'its health check fails'
  if (condition !== 'failed' && condition !== 'restarting') return undefined
  if (end?.outOfMemory)
    return `ended with exit code ${end.code}: killed by the kernel, out of memory: its limit is ${formatBytes(service.memoryBytes)}`
  return state.Error || (end ? `ended with exit code ${end.code}` : undefined)
}

function lastHealthOutput(state: ContainerInspectInfo['State']): string | undefined {
  return state.Health?.Log?.at(-1)?.Output?.trim().split('\n').at(-1) || undefined
}

/** As the engine holds the container to them, which `docker update` may have changed behind radtune's back. */
function limitsOf(
  service: ServiceSpec,
  { HostConfig: host }: ContainerInspectInfo,
  { usage, how }: { usage: ContainerUsage | undefined; how: string },
): LimitsInForce {
  const memoryBytes = host.Memory || usage?.memoryLimitBytes || 0
  const cpus = host.NanoCpus ? host.NanoCpus / 1e9 : quotaCpus(host)
  const enforced = (host.Memory ?? 0) > 0 && cpus !== undefined
  return {
    memoryBytes: enforced ? memoryBytes : service.memoryBytes,
    cpus: cpus ?? service.cpus,
    enforced,
    how: enforced ? how : `${how}, but the container has no ${cpus === undefined ? 'CPU' : 'memory'} limit`,
  }
}

function quotaCpus({ CpuQuota = 0, CpuPeriod = 0 }: ContainerInspectInfo['HostConfig']): number | undefined {
  return CpuQuota > 0 ? CpuQuota / (CpuPeriod || 100_000) : undefined
}
