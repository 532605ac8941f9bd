import type { RecordSums, WarmUp } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { fitToMachine, type StackSpec } from '@radtune/core/stack'
import { formatDuration } from '@radtune/core/units'
import type { DataSource, Launch, Runtime, RuntimeEvent, StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { awaitProcessed, type FirstRecord, type Processing } from './await-records.ts'
import { checkData } from './check-data.ts'
import type { CriticalStep } from './critical-path.ts'
import { startDeadline } from './deadline.ts'
import { dropEarlierData } from './drop-earlier-data.ts'
import { findAltered } from './find-altered.ts'
import { compareLaunches, type LaunchDifference } from './launch-difference.ts'
import { decidePorts } from './launch-ports.ts'
import { leaveOtherRuntime } from './other-runtime.ts'
import { runningLaunch } from './running-launch.ts'
import { type Brought, type Start, settleSettings, startServices } from './start-services.ts'

export interface LaunchRequest {
  spec: StackSpec
  /** Files and folders as typed (`-` is standard input), read once or in a `loop`; none is the generator with its `seed`. */
  data: { files: readonly string[]; loop: boolean; seed: number }
  /** Of demos; see `Launch`. */
  slotFault?: string | undefined
  /** Of the containers; the local runtime has no such difference. */
  environment: 'dev' | 'prod'
  /** Wish for the ports; see `decidePorts`. */
  port: 'auto' | number | undefined
  /** Wait until all data are processed. */
  once: boolean
  /** Drop earlier data first. */
  fresh: boolean
  /** Launch although the machine is too small. */
  force: boolean
  /** Leave what runs when the launch fails. */
  keep: boolean
  /** Longest wait for the first record; with `once`, afterwards the longest wait in which nothing moves. */
  timeoutMs: number
}

/** What is said while a launch goes on, in the order of happening. */
export type LaunchEvent =
  | {
      kind: 'planned'
      runtime: Runtime['name']
      spec: StackSpec
      machine: { cpus: number; memoryBytes: number; usableMemoryBytes: number }
    }
  | { kind: 'warning'; text: string }
  | { kind: 'differs'; differences: readonly LaunchDifference[] }
  | { kind: 'dropping'; profile: string; bytes: number }
  | { kind: 'written'; state: 'new' | 'changed' | 'same'; launch: Launch }
  | { kind: 'runtime'; event: RuntimeEvent }
  | { kind: 'awaiting-record' }
  | { kind: 'first-record'; first: FirstRecord }
  | { kind: 'processing'; processing: Processing }
  | { kind: 'stopping'; why: string }

export interface LaunchTalk {
  /** Aborted when the user interrupts. */
  signal: AbortSignal
  onEvent: (event: LaunchEvent) => void
  /** Asks a yes-or-no question; undefined when nobody is there to answer. */
  confirm: ((question: string) => Promise<boolean>) | undefined
}

export type LaunchOutcome =
  /** `how`: nothing ran before; the running stack was changed; the very same stack ran already. */
  | {
      kind: 'up'
      how: 'launched' | 'changed' | 'already'
      stack: StackState
      elapsedMs: number
      /** Undefined when the stack ran already, or no service had to be started. */
      first: FirstRecord | undefined
      /** With `once`: what became of all records. */
      sums: RecordSums | undefined
      /** Undefined when Kafka ran already. */
      warmUp: WarmUp | undefined
      /** What decided how long it took; empty when nothing had to be started. */
      criticalPath: readonly CriticalStep[]
      warnings: readonly string[]
    }
  | { kind: 'interrupted'; left: string }

/**
 * Brings the stack of a project to what is asked and waits until the first record has really gone through, or, with `once`,
 * until all are processed. A launch that fails or is interrupted leaves nothing behind that did not run before, unless
 * `keep`. Throws RT-UP-001…009, RT-DATA-…, and what the runtime throws.
 */
export async function launchStack(
  world: StackWorld,
  request: LaunchRequest,
  talk: LaunchTalk,
): Promise<LaunchOutcome> {
  const warnings: string[] = []
  const launch: Launching = {
    world,
    request,
    talk,
    warn(text) {
      warnings.push(text)
      talk.onEvent({ kind: 'warning', text })
    },
    warnings,
  }
  const spec = await fitSpec(launch)
  const lock = await world.project.lock('up')
  try {
    return await bringUp(launch, spec, await resolveData(launch))
  } catch (error) {
    if (talk.signal.aborted) return { kind: 'interrupted', left: 'nothing was changed' }
    throw error
  } finally {
    await lock.release()
  }
}

/** A launch under way: what it is about, and whom it talks to. */
export interface Launching {
  world: StackWorld
  request: LaunchRequest
  talk: LaunchTalk
  warn: (text: string) => void
  warnings: readonly string[]
}

/** The plan as this machine can run it. */
async function fitSpec({ world, request, talk, warn }: Launching): Promise<StackSpec> {
  const { cpus, memoryBytes } = await world.host.facts()
  const fit = fitToMachine(request.spec, { cpus, memoryBytes })
  if (fit.refusal && !request.force) throw fit.refusal
  talk.onEvent({
    kind: 'planned',
    runtime: world.runtime.name,
    spec: fit.spec,
    machine: { cpus, memoryBytes, usableMemoryBytes: fit.usableMemoryBytes },
  })
  if (fit.refusal) warn(`${fit.refusal.message}: ${fit.refusal.why}; services may be killed for memory`)
  for (const warning of fit.warnings) warn(warning)
  return fit.spec
}

async function resolveData({ world, request }: Launching): Promise<DataSource> {
  const { files, loop, seed } = request.data
  if (files.length === 0) return { kind: 'generator', seed }
  return { kind: 'files', paths: await checkData(world.project, files), loop }
}

async function bringUp(launching: Launching, spec: StackSpec, data: DataSource): Promise<LaunchOutcome> {
  const { world, request, talk } = launching
  const startedAt = world.clock.now()
  await leaveOtherRuntime(launching)
  const found = await world.runtime.inspect()
  const running = (await dropEarlierData(launching, { spec, running: found })) ? undefined : found
  const launch: Launch = {
    spec,
    data,
    ...(request.slotFault === undefined ? {} : { slotFault: request.slotFault }),
    ...(world.runtime.name === 'docker' ? { environment: request.environment } : {}),
    ports: await decidePorts({
      services: spec.services.map(({ name }) => name),
      port: request.port,
      running: running?.launch.ports,
      freePorts: world.freePorts,
    }),
  }
  const differences = running ? compareLaunches(await runningLaunch(world, running), launch) : []
  const same = running !== undefined && differences.length === 0 && allHealthy(running)
  const altered = same ? await findAltered(world, launch, running) : undefined
  if (same && altered?.differences.length === 0) return await alreadyUp(launching, running, startedAt)
  const shown = [...differences, ...(altered?.differences ?? [])]
  if (shown.length > 0) talk.onEvent({ kind: 'differs', differences: shown })
  talk.onEvent({ kind: 'written', state: await world.project.writeLaunch(launch), launch })
  if (data.kind === 'files') await world.project.pruneSpool(data.paths)
  return await startAndWait(launching, { launch, before: running, startedAt, again: altered?.again ?? [] })
}

async function alreadyUp(launching: Launching, stack: StackState, startedAt: number): Promise<LaunchOutcome> {
  const { world, request } = launching
  await settleSettings(launching, await runningLaunch(world, stack))
  const sums = request.once ? await processAll(launching, stack.launch) : undefined
  if (sums === 'interrupted') return { kind: 'interrupted', left: 'the stack is running' }
  return {
    kind: 'up',
    how: 'already',
    stack,
    elapsedMs: world.clock.now() - startedAt,
    first: undefined,
    sums,
    warmUp: undefined,
    criticalPath: [],
    warnings: launching.warnings,
  }
}

async function startAndWait(launching: Launching, start: Start): Promise<LaunchOutcome> {
  const { world, talk } = launching
  let brought: Brought
  try {
    brought = await startServices(launching, start)
  } catch (error) {
    const left = await cleanUp(launching, start)
    if (talk.signal.aborted) return { kind: 'interrupted', left }
    throw withLeft(error, left)
  }
  const { stack, first, warmUp, criticalPath } = brought
  const sums = launching.request.once ? await processAll(launching, start.launch) : undefined
  if (sums === 'interrupted') return { kind: 'interrupted', left: 'the stack is running' }
  return {
    kind: 'up',
    how: start.before ? 'changed' : 'launched',
    stack: (await world.runtime.inspect()) ?? stack,
    elapsedMs: world.clock.now() - start.startedAt,
    first,
    sums,
    warmUp,
    criticalPath,
    warnings: launching.warnings,
  }
}

async function processAll(
  { world, request, talk }: Launching,
  launch: Launch,
): Promise<RecordSums | 'interrupted'> {
  const deadline = startDeadline(world.clock, { timeoutMs: request.timeoutMs, signal: talk.signal })
  const broker = world.broker(launch.ports.kafka)
  try {
    return await awaitProcessed({ world, broker, launch, signal: deadline.signal }, (processing) => {
      deadline.restart()
      talk.onEvent({ kind: 'processing', processing })
    })
  } catch (error) {
    if (deadline.expired())
      throw new RadtuneError('RT-UP-005', {
        what: `nothing moved for ${formatDuration(request.timeoutMs)} though records are still to be processed`,
        fix: ['radtune status', 'radtune logs'],
        left: 'the stack is running; radtune down stops it',
      })
    if (talk.signal.aborted) return 'interrupted'
    throw error
  } finally {
    deadline.end()
    await broker.close()
  }
}

/** Stops what a failed launch started, unless it is to be kept or ran before; says what is left. */
async function cleanUp({ world, request, talk }: Launching, { before }: Start): Promise<string> {
  if (!before && !(request.keep && !talk.signal.aborted)) {
    talk.onEvent({ kind: 'stopping', why: 'nothing is left half-running' })
    await world.runtime.stop({ onEvent: (event) => talk.onEvent({ kind: 'runtime', event }) })
    return 'nothing is running; earlier records are kept'
  }
  const stack = await world.runtime.inspect()
  const running = stack?.services.filter(({ pid }) => pid !== undefined).map(({ name }) => name) ?? []
  if (running.length === 0) return 'nothing is running; earlier records are kept'
  const why = before ? 'the stack ran before and was not torn down: ' : ''
  return `${why}${running.join(', ')} ${running.length === 1 ? 'is' : 'are'} running; radtune down stops ${running.length === 1 ? 'it' : 'them'}`
}

function withLeft(error: unknown, left: string): unknown {
  if (!(error instanceof RadtuneError)) return error
  return new RadtuneError(error.code, {
    what: error.message,
    ...(error.why === undefined ? {} : { why: error.why }),
    fix: error.fix,
    logs: error.logs,
    left,
    exitCode: error.exitCode,
    cause: error,
  })
}

function allHealthy({ services }: StackState): boolean {
  return services.every(({ condition }) => condition === 'healthy')
}
