import { setTimeout as delay } from 'node:timers/promises'
import { readWarmUp } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { ContainerInspectInfo } from 'dockerode'
import type { RuntimeEvent, ServiceCondition } from '../../ports/runtime.ts'
import { ComposeFailure, runCompose } from './compose-command.ts'
import { framesOf } from './container-logs.ts'
import { conditionOf } from './container-state.ts'
import type { Place } from './docker-runtime.ts'
import type { Engine } from './engine.ts'
import { findContainers, findLastEnds } from './project-containers.ts'
import { composeFile, type RenderedService, type RenderedStack } from './rendered-stack.ts'

const POLL_MS = 250
/** A service that was restarted this often while the stack came up will not come up. */
const GIVEN_UP_RESTARTS = 3
const LOG_LINES = 10

interface BringUp {
  place: Place
  rendered: RenderedStack
  /** The containers that there were before. */
  containers: ReadonlyMap<string, ContainerInspectInfo>
  signal: AbortSignal
  onEvent: (event: RuntimeEvent) => void
}

/**
 * Creates and starts what is missing or differs, and resolves when every service is healthy. Throws RT-UP-003 or RT-UP-004
 * for the first one that does not come up, RT-DOCKER-006 when compose itself fails.
 */
export async function bringUp(engine: Engine, bring: BringUp): Promise<void> {
  const { rendered, containers, signal } = bring
  await removeForeign(engine, bring)
  const watch = watchContainers(engine, bring)
  let over = false
  const composing = startServices(bring).finally(() => {
    over = true
  })
  composing.catch(() => undefined)
  let failure: Error | undefined
  for (;;) {
    const settled = over
    const conditions = await watch.look()
    failure = await watch.failure()
    signal.throwIfAborted()
    if (failure) break
    if (settled && rendered.services.every(({ name, once }) => isUp(conditions.get(name), once))) break
    if (settled && (await hasFailed(composing))) break
    await delay(POLL_MS)
  }
  if (failure) throw failure
  await composing.catch((error: unknown) => {
    throw composeError(error)
  })
  await updateLimits(engine, rendered, containers)
}

function isUp(condition: ServiceCondition | undefined, once: boolean): boolean {
  return once ? condition === 'stopped' || condition === 'failed' : condition === 'healthy'
}

async function hasFailed(composing: Promise<void>): Promise<boolean> {
  return await composing.then(
    () => false,
    () => true,
  )
}

/** Everything where nothing runs; else only what differs, so that compose leaves alone what it would start again. */
async function startServices({ place, rendered, containers, signal }: BringUp): Promise<void> {
  const project = { name: place.project, file: composeFile(place.folder) }
  if (containers.size === 0) {
    await runCompose(project, ['up', '--detach', '--no-build', '--remove-orphans'], signal)
    return
  }
  const changed = rendered.services.filter(
    ({ name, differs }) => differs || !isThere(containers.get(name), name),
  )
  if (changed.length === 0) return
  const names = changed.map(({ name }) => name)
  await runCompose(project, ['up', '--detach', '--no-build', '--no-deps', ...names], signal)
}

/** Runs, or has run to its end. */
function isThere(container: ContainerInspectInfo | undefined, name: string): boolean {
  if (!container) return false
  if (name === 'topics' || name === 'warm-up') return container.State.ExitCode === 0
  return container.State.Running
}

/** Services that the plan does not have any more. */
async function removeForeign(engine: Engine, { rendered, containers, onEvent }: BringUp): Promise<void> {
  const wanted = new Set(rendered.services.map(({ name }) => name))
  for (const [name, { Id }] of containers) {
    if (wanted.has(name)) continue
    const container = engine.getContainer(Id)
    await container.stop().catch(() => undefined)
    await container.remove({ force: true })
    onEvent({ kind: 'service', name, condition: 'stopped', reason: undefined, elapsedMs: 0 })
  }
}

/** Limits are changed in place: a container that only got other limits is not made anew. */
async function updateLimits(
  engine: Engine,
  { services }: RenderedStack,
  before: ReadonlyMap<string, ContainerInspectInfo>,
): Promise<void> {
  for (const { name, differs, limits } of services) {
    const container = before.get(name)
    if (!container || !limits || differs) continue
    const { Memory, NanoCpus, CpuShares } = container.HostConfig
    const wanted = {
      Memory: limits.memoryBytes,
      // No swap beside the memory; both are raised together, or the engine refuses.
      MemorySwap: limits.memoryBytes,
      NanoCpus: Math.round(limits.cpus * 1e9),
      CpuShares: limits.cpuShares,
    }
    if (Memory === wanted.Memory && NanoCpus === wanted.NanoCpus && CpuShares === wanted.CpuShares) continue
    await engine.getContainer(container.Id).update(wanted)
  }
}

interface Watch {
  /** Looks once, tells what has changed since the last look, and answers what is. */
  look(): Promise<ReadonlyMap<string, ServiceCondition>>
  /** The error for the first service that will not come up; undefined while all may. */
  failure(): Promise<RadtuneError | undefined>
}

function watchContainers(engine: Engine, { place, rendered, containers: before, onEvent }: BringUp): Watch {
  const conditions = new Map<string, ServiceCondition>()
  const startedAt = new Map<string, number>()
  let seen: ReadonlyMap<string, ContainerInspectInfo> = before
  // What runs on from before is no news.
  for (const [name, { State }] of before) conditions.set(name, conditionOf(State))

  function tell(name: string, condition: ServiceCondition): void {
    if (conditions.get(name) === condition) return
    const started = startedAt.has(name)
    if (condition === 'starting' || !started) startedAt.set(name, performance.now())
    // One that was well at the first look has been started before it.
    if (condition === 'healthy' && !started) tell(name, 'starting')
    conditions.set(name, condition)
    const elapsedMs = performance.now() - (startedAt.get(name) ?? performance.now())
    onEvent({ kind: 'service', name, condition, reason: undefined, elapsedMs })
  }

  async function tellOnce({ name }: RenderedService, { Id, State }: ContainerInspectInfo): Promise<void> {
    const condition = conditionOf(State)
    if (State.Running || condition === 'waiting' || conditions.get(name) === condition) return
    conditions.set(name, condition)
    if (name === 'warm-up') onEvent(warmUpEvent(await lastLinesOf(engine, Id)))
  }

  return {
    async look() {
      seen = await findContainers(engine, place.project)
      for (const service of rendered.services) {
        const container = seen.get(service.name)
        if (!container) continue
        // One that has been made anew starts from nothing.
        const old = before.get(service.name)
        if (old && old.Id !== container.Id && !startedAt.has(service.name)) conditions.delete(service.name)
        if (service.once) await tellOnce(service, container)
        else if (conditionOf(container.State) !== 'waiting') tell(service.name, conditionOf(container.State))
      }
      return conditions
    },
    async failure() {
      for (const service of rendered.services) {
        const container = seen.get(service.name)
        if (!container || service.name === 'warm-up') continue
        const condition = conditionOf(container.State)
        const givenUp = condition !== 'healthy' && container.RestartCount >= GIVEN_UP_RESTARTS
        if (condition === 'failed' || givenUp) return await failedError(engine, service, container)
      }
      return undefined
    },
  }
}

function warmUpEvent(lines: readonly string[]): RuntimeEvent {
  const warmUp = lines.map(readWarmUp).findLast((told) => told !== undefined)
  return warmUp
    ? { kind: 'warm-up', warmUp }
    : { kind: 'note', text: 'Kafka was not warmed up: its first answers will be slow (radtune logs warm-up)' }
}

async function failedError(
  engine: Engine,
  { name }: RenderedService,
  container: ContainerInspectInfo,
): Promise<RadtuneError> {
  const logs = await lastLinesOf(engine, container.Id)
  const last = (await findLastEnds(engine, [container])).get(container.Id)
  const { ExitCode, OOMKilled, Error: refusal } = container.State
  const code = last?.code ?? ExitCode
  const outOfMemory = last?.outOfMemory ?? OOMKilled
  const restarts = container.RestartCount > 0 ? `, after ${container.RestartCount} restarts` : ''
  if (outOfMemory)
    return new RadtuneError('RT-UP-003', {
      what: `${name} is killed for memory`,
      why: `killed by the kernel, out of memory (exit code ${code}${restarts})`,
      logs,
      fix: ['radtune plan', `radtune logs ${name}`],
    })
  return new RadtuneError('RT-UP-004', {
    what: `${name} did not come up`,
    why: refusal || `it ended with exit code ${code}${restarts}`,
    logs,
    fix: [`radtune logs ${name}`],
  })
}

async function lastLinesOf(engine: Engine, id: string): Promise<string[]> {
  const bytes = await engine
    .getContainer(id)
    .logs({ follow: false, stdout: true, stderr: true, tail: LOG_LINES })
    .catch(() => Buffer.alloc(0))
  return framesOf(bytes as unknown as Buffer)
    .split('\n')
    .filter((line) => line !== '')
}

function composeError(error: unknown): unknown {
  if (!(error instanceof ComposeFailure)) return error
  const lines = error.lines
  const said = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)
  return new RadtuneError('RT-DOCKER-006', {
    what: 'docker compose could not bring the stack up',
    why: said ?? error.message,
    logs: lines.slice(-LOG_LINES),
    cause: error,
  })
}
