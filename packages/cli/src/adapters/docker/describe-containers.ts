import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { ContainerInspectInfo } from 'dockerode'
import type { ProcessLimits, RunningProcess, RunningStack } from '../../ports/runtime.ts'
import { readKernelLimits } from '../host/kernel-limits.ts'
import { conditionOf } from './container-state.ts'
import { type Engine, readEngine } from './engine.ts'
import type { Launched } from './launched-stack.ts'
import { findContainers } from './project-containers.ts'

/** The containers of a project as the engine and the kernel see them. Throws RT-DOCKER-001 when no engine answers. */
export async function describeContainers(
  engine: Engine,
  project: string,
  { launch }: Launched,
): Promise<RunningStack> {
  await readEngine(engine)
  const containers = [...(await findContainers(engine, project))]
  const imageVariables = new Map<string, ReadonlySet<string>>()
  for (const id of new Set(containers.map(([, { Image }]) => Image)))
    imageVariables.set(id, new Set(await variablesOfImage(engine, id)))
  return {
    launch,
    processes: containers.map(([name, container]) =>
      describe(name, container, imageVariables.get(container.Image) ?? new Set()),
    ),
  }
}

async function variablesOfImage(engine: Engine, id: string): Promise<readonly string[]> {
  const image = await engine
    .getImage(id)
    .inspect()
    .catch(() => undefined)
  return image?.Config?.Env ?? []
}

function describe(
  name: string,
  container: ContainerInspectInfo,
  ofImage: ReadonlySet<string>,
): RunningProcess {
  const now = Date.now()
  const { State: state, Config: config, HostConfig: host } = container
  const runs = state.Running && !state.Restarting
  const gone = unknown('it does not run')
  return {
    name,
    ended: runs ? undefined : `its container is ${conditionOf(state)}, exit code ${state.ExitCode}`,
    image: config.Image,
    command: known(config.Cmd ?? [], now),
    environment: known(variables((config.Env ?? []).filter((entry) => !ofImage.has(entry))), now),
    told: known(toldLimits(host), now),
    kernel: runs ? kernelLimits(container, now) : gone,
  }
}

function variables(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf('=')
      return [entry.slice(0, equals), entry.slice(equals + 1)]
    }),
  )
}

function toldLimits({
  Memory,
  NanoCpus,
  CpuQuota = 0,
  CpuPeriod,
}: ContainerInspectInfo['HostConfig']): ProcessLimits {
  const quota = CpuQuota > 0 ? CpuQuota / (CpuPeriod || 100_000) : undefined
  return { memoryBytes: Memory || undefined, cpus: NanoCpus ? NanoCpus / 1e9 : quota }
}

/** Of an engine on another machine, or in a virtual one, the process has a number that means somebody else here. */
function kernelLimits({ Id, State: { Pid } }: ContainerInspectInfo, now: number): Reading<ProcessLimits> {
  return readKernelLimits(Pid, { now, within: Id })
}
