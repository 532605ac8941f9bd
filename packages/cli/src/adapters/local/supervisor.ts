import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readWarmUp } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { LocalProcess } from '@radtune/core/render'
import type { RuntimeEvent, ServiceState } from '../../ports/runtime.ts'
import { Availability } from './availability.ts'
import { limitsInForce } from './limits-in-force.ts'
import { type LogFile, openLogFile } from './log-file.ts'
import { type Patience, Service } from './service.ts'
import { createUsageSampler, NOT_RUNNING, type RunningService } from './service-usage.ts'
import type { StackGroups } from './stack-groups.ts'
import type { LaunchRequest, SupervisorView } from './supervisor-protocol.ts'
import { STACK_MARKER } from './supervisor-state.ts'

export interface SupervisorOptions {
  /** `.radtune/local` of the project. */
  localFolder: string
  workingFolder: string
  environment: Readonly<Record<string, string>>
  patience: Patience
  /** Where the limits of services are enforced. */
  groups: StackGroups
  /** Called after every change, so that the pids on disk are true. */
  onChange: () => void
}

type OnEvent = (event: RuntimeEvent) => void

/** The services of one stack: brings them to what is asked for, keeps them running, stops them. */
export class Supervisor {
  private readonly options: SupervisorOptions
  /** In the order of their start. */
  private services: Service[] = []
  private readonly logs = new Map<string, LogFile>()
  private readonly sampler = createUsageSampler()
  private readonly listeners = new Set<(service: Service) => void>()
  private launch: unknown
  private launchedAt = 0
  /** From the first time that all were ready. */
  private availability: Availability | undefined
  private operation: { name: 'launch' | 'stop'; abort: AbortController; done: Promise<unknown> } | undefined

  constructor(options: SupervisorOptions) {
    this.options = options
  }

  get busy(): boolean {
    return this.operation !== undefined
  }

  get empty(): boolean {
    return this.services.length === 0
  }

  /** Whether any service runs or will run again by itself. */
  get alive(): boolean {
    return this.services.some((service) => service.alive)
  }

  /** Whether every service does what it should; one that has finished its work does. */
  private get allHealthy(): boolean {
    return this.services.every(({ condition, finished }) => condition === 'healthy' || finished)
  }

  /** The services that have a process now, in the order of their start. */
  get running(): readonly Service[] {
    return this.services.filter((service) => service.pid !== undefined)
  }

  /**
   * Brings the stack to `processes` and resolves when all are ready. An aborted launch stops what it started.
   * Throws RT-UP-003 or RT-UP-004 for a service that does not come up, and then leaves the others as they are.
   */
  async bring(
    request: LaunchRequest,
    { signal, onEvent }: { signal: AbortSignal; onEvent: OnEvent },
  ): Promise<SupervisorView> {
    if (this.operation)
      throw new RadtuneError('RT-LOCAL-010', { what: `a ${this.operation.name} of this stack is under way` })
    const abort = new AbortController()
    const onAbort = () => abort.abort(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
    const reconciling = this.reconcile(request, { signal: abort.signal, onEvent })
    this.operation = { name: 'launch', abort, done: reconciling.catch(() => undefined) }
    try {
      return await reconciling
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.operation = undefined
    }
  }

  /** Stops everything in reverse order; a launch under way is aborted first. */
  async stop(onEvent: OnEvent): Promise<void> {
    if (this.operation?.name === 'stop') {
      await this.operation.done
      return
    }
    if (this.operation) {
      this.operation.abort.abort(new RadtuneError('RT-LOCAL-010', { what: 'the launch was ended by a stop' }))
      await this.operation.done
    }
    const stopping = this.withEvents(onEvent, () => this.stopServices(this.services))
    this.operation = { name: 'stop', abort: new AbortController(), done: stopping }
    await stopping
    this.services = []
    await this.options.groups.remove().catch((error) => onEvent({ kind: 'note', text: String(error) }))
    this.operation = undefined
    for (const log of this.logs.values()) log.close()
  }

  async sample(): Promise<void> {
    const running = new Map<string, RunningService>()
    for (const { process, pid, group } of this.services)
      if (pid !== undefined) running.set(process.name, { pid, group })
    await this.sampler.sample(running)
  }

  view(): SupervisorView | undefined {
    if (this.empty) return undefined
    const shown = this.services.filter(
      (service) => service.process.readiness.kind !== 'exit' || !service.finished,
    )
    return {
      launch: this.launch,
      launchedAt: this.launchedAt,
      availability: this.availability?.observe(this.allHealthy, performance.now()),
      services: shown.map((service) => this.stateOf(service)),
    }
  }

  /** The last resort when the supervisor itself fails. */
  killAll(): void {
    for (const service of this.services) service.killGroup()
  }

  private async reconcile(
    { launch, processes, again = [] }: LaunchRequest,
    { signal, onEvent }: { signal: AbortSignal; onEvent: OnEvent },
  ): Promise<SupervisorView> {
    const before = this.services
    this.launch = launch
    const kept = new Set<string>()
    for (const process of processes) {
      const service = before.find(({ process: { name } }) => name === process.name)
      const wanted = again.includes(process.name)
      if (service && !wanted && isSameRun(service.process, process) && (service.alive || service.finished))
        kept.add(process.name)
    }
    // What runs once prepares the ground for others: again when that ground is new, which another one-shot does not make it.
    const ground = processes.filter(({ readiness }) => readiness.kind !== 'exit').map(({ name }) => name)
    for (const process of processes)
      if (
        process.readiness.kind === 'exit' &&
        process.dependsOn.some((name) => ground.includes(name) && !kept.has(name))
      )
        kept.delete(process.name)
    if (kept.size === 0) {
      this.launchedAt = Date.now()
      this.availability = undefined
    }
    return this.withEvents(onEvent, async () => {
      await this.stopServices(before.filter((service) => !kept.has(service.process.name)))
      this.services = processes.map((process) => {
        const service = before.find(({ process: { name } }) => name === process.name)
        if (!service || !kept.has(process.name)) return this.createService(process)
        service.adopt(process)
        return service
      })
      this.reserveCpus()
      this.options.onChange()
      const fresh = this.services.filter((service) => !kept.has(service.process.name))
      try {
        await this.startInOrder(fresh, signal)
        this.limitCpus(onEvent)
      } catch (error) {
        for (const service of fresh) if (service.condition === 'waiting') await service.stop()
        if (!signal.aborted) {
          // What runs is left to be looked into, within its limits.
          for (const service of fresh) service.limitCpus()
          throw error
        }
        await this.stopServices(fresh)
        this.services = this.services.filter((service) => service.alive)
        throw signal.reason
      }
      this.availability ??= new Availability(this.allHealthy, performance.now())
      return this.view() as SupervisorView
    })
  }

  /** Ends the start-up boost, in which services ran without a CPU limit, and tells what holds from now on. */
  private limitCpus(onEvent: OnEvent): void {
    for (const service of this.services) service.limitCpus()
    const limits = this.services
      .filter((service) => service.alive)
      .map((service) => limitsInForce(service, this.options.groups))
    const lacking = limits.find(({ enforced }) => !enforced)
    const { how } = lacking ?? limits[0] ?? this.options.groups
    onEvent({ kind: 'limits', enforced: lacking === undefined && limits.length > 0, how })
  }

  /** The stack as a whole stands beside everything else on the machine with what its services have reserved. */
  private reserveCpus(): void {
    const { groups } = this.options
    const reserved = this.services.reduce((sum, { process }) => sum + process.limits.reservedCpus, 0)
    try {
      if (reserved > 0) groups.reserveCpus(reserved)
    } catch {
      // The services' own groups fail in the same way and say so.
    }
  }

  /** Starts each service once those that it depends on are ready; rejects with the first that does not come up. */
  private async startInOrder(fresh: readonly Service[], signal: AbortSignal): Promise<void> {
    for (const service of fresh) service.wait()
    const abandon = new AbortController()
    const giveUp = AbortSignal.any([signal, abandon.signal])
    const ready = new Map<string, Promise<void>>()
    for (const service of this.services) {
      const { name, dependsOn } = service.process
      const bring = async () => {
        await Promise.all(dependsOn.map((other) => ready.get(other)))
        giveUp.throwIfAborted()
        if (fresh.includes(service)) service.start()
        await this.untilReady(service, giveUp)
      }
      const promise = bring()
      promise.catch((error) => abandon.abort(error))
      ready.set(name, promise)
    }
    const results = await Promise.allSettled(ready.values())
    signal.throwIfAborted()
    if (results.some((result) => result.status === 'rejected')) throw abandon.signal.reason
  }

  private untilReady(service: Service, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.listeners.delete(look)
        signal.removeEventListener('abort', onAbort)
        settle()
      }
      const onAbort = () => end(() => reject(signal.reason))
      const look = (changed: Service) => {
        if (changed !== service) return
        if (service.condition === 'healthy' || service.finished) end(resolve)
        else if (service.condition === 'failed') end(() => reject(this.failureOf(service)))
      }
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      this.listeners.add(look)
      look(service)
    })
  }

  private failureOf(service: Service): RadtuneError {
    const { name } = service.process
    const others = this.services.filter((other) => other.pid !== undefined).map((other) => other.process.name)
    const outOfMemory = service.exit?.outOfMemory === true
    const times = service.restarts > 0 ? `, ${service.restarts + 1} times` : ''
    return new RadtuneError(outOfMemory ? 'RT-UP-003' : 'RT-UP-004', {
      what: outOfMemory ? `${name} is killed for memory` : `${name} did not come up`,
      why: `${service.reason ?? 'it is not ready'}${times}`,
      logs: service.lastLines.slice(-8),
      fix: [`radtune logs ${name}`, 'radtune down'],
      ...(others.length > 0
        ? {
            left: `${others.join(', ')} ${others.length > 1 ? 'are' : 'is'} running; radtune down stops them`,
          }
        : {}),
    })
  }

  /** Stops services in the reverse of their start: each once all that depend on it have stopped. */
  private async stopServices(services: readonly Service[]): Promise<void> {
    const stopped = new Map<string, Promise<void>>()
    for (const service of [...services].reverse()) {
      const dependents = services.filter(({ process }) => process.dependsOn.includes(service.process.name))
      const before = dependents.map(({ process }) => stopped.get(process.name))
      stopped.set(
        service.process.name,
        Promise.all(before).then(() => service.stop()),
      )
    }
    await Promise.all(stopped.values())
  }

  private createService(process: LocalProcess): Service {
    const { localFolder, workingFolder, environment, patience, groups } = this.options
    let log = this.logs.get(process.name)
    if (!log) {
      log = openLogFile({ path: join(localFolder, 'logs', `${process.name}.log`) })
      this.logs.set(process.name, log)
    }
    return new Service({
      process,
      environment: { ...environment, [STACK_MARKER]: localFolder },
      workingFolder,
      log,
      patience,
      createGroup: (service) => groups.create(service),
      onChange: (service) => {
        this.availability?.observe(this.allHealthy, performance.now())
        this.options.onChange()
        for (const listener of [...this.listeners]) listener(service)
      },
    })
  }

  /** Passes the changes of condition on while `work` runs. */
  private async withEvents<Result>(onEvent: OnEvent, work: () => Promise<Result>): Promise<Result> {
    const told = new Map<Service, string>()
    const tell = (service: Service) => {
      const { condition, reason, startedAt, stopStartedAt } = service
      const sign = `${condition} ${condition === 'restarting' || condition === 'unhealthy' ? reason : ''}`
      if (told.get(service) === sign) return
      told.set(service, sign)
      const from = condition === 'stopping' || condition === 'stopped' ? stopStartedAt : startedAt
      const elapsedMs = condition === 'waiting' ? 0 : Date.now() - from
      onEvent({ kind: 'service', name: service.process.name, condition, reason, elapsedMs })
      if (service.process.role === 'warm-up' && service.finished) onEvent(warmUpEvent(service))
    }
    this.listeners.add(tell)
    try {
      return await work()
    } finally {
      this.listeners.delete(tell)
    }
  }

  private stateOf(service: Service): ServiceState {
    const usage = service.pid === undefined ? undefined : this.sampler.usageOf(service.process.name)
    return {
      name: service.process.name,
      condition: service.condition,
      pid: service.pid,
      restarts: service.restarts,
      since: service.since,
      exit: service.exit,
      reason: service.reason,
      memoryBytes: usage?.memoryBytes ?? NOT_RUNNING.memoryBytes,
      cpus: usage?.cpus ?? NOT_RUNNING.cpus,
      throttling: usage?.throttling ?? NOT_RUNNING.throttling,
      limits: limitsInForce(service, this.options.groups),
    }
  }
}

/** What the warm-up has written to its log as it ended. */
function warmUpEvent({ lastLines }: Service): RuntimeEvent {
  const warmUp = lastLines.map(readWarmUp).findLast((told) => told !== undefined)
  return warmUp
    ? { kind: 'warm-up', warmUp }
    : { kind: 'note', text: 'Kafka was not warmed up: its first answers will be slow (radtune logs warm-up)' }
}

/**
 * Limits are not part of what runs: they change while it does. Nor are start values: a service that runs follows the settings
 * topic, and begins with the new ones only when it is started again.
 */
function isSameRun(a: LocalProcess, b: LocalProcess): boolean {
  return isDeepStrictEqual(withoutStart(a), withoutStart(b))
}

function withoutStart(process: LocalProcess): unknown {
  const env = Object.entries(process.env).filter(([name]) => !process.startValues.includes(name))
  return { ...process, limits: undefined, env: Object.fromEntries(env) }
}
