import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LocalProcess } from '@radtune/core/render'
import type { ServiceCondition } from '../../ports/runtime.ts'
import { dropClassArchive, keepClassArchive, openClassArchive } from './class-archive.ts'
import { type ControlGroup, joinCommand } from './control-group.ts'
import { explainExit, readKernelMemoryKills, type ServiceExit } from './exit-reason.ts'
import { createLineSplitter, type LogFile } from './log-file.ts'
import { probe } from './probe.ts'
import { pause, waitForEnd } from './process-end.ts'
import { readProcess, signalGroup } from './process-table.ts'

/** How patient a service's keeper is. Milliseconds. */
export interface Patience {
  readyPollMs: number
  healthPollMs: number
  /** Failed health checks in a row until a service counts as unhealthy. */
  unhealthyAfter: number
  firstBackoffMs: number
  longestBackoffMs: number
  /** Health of this length makes the next back-off short again. */
  steadyMs: number
  /** Ends before the first health that make a launch give up. */
  launchAttempts: number
  /** A restart that is not healthy yet runs without a CPU limit for this long at most. */
  longestBoostMs: number
}

export const usualPatience: Patience = {
  readyPollMs: 100,
  healthPollMs: 2000,
  unhealthyAfter: 3,
  firstBackoffMs: 500,
  longestBackoffMs: 10_000,
  steadyMs: 30_000,
  launchAttempts: 3,
  longestBoostMs: 30_000,
}

export interface ServiceOptions {
  process: LocalProcess
  environment: Readonly<Record<string, string>>
  workingFolder: string
  log: LogFile
  patience: Patience
  /** Makes the control group that the process and all that comes from it are to live in; undefined where there are none. */
  createGroup: (service: string) => ControlGroup | undefined
  onChange: (service: Service) => void
}

/** One process of the stack and its keeper: starts it, sees when it is ready, restarts it when it ends, stops it. */
export class Service {
  /** What its next start runs; what runs now was the same but for start values and limits. */
  process: LocalProcess
  condition: ServiceCondition = 'stopped'
  pid: number | undefined
  startToken: string | undefined
  restarts = 0
  since = Date.now()
  startedAt = Date.now()
  stopStartedAt = Date.now()
  exit: ServiceExit | undefined
  reason: string | undefined
  /** The newest lines that it wrote itself, oldest first. */
  readonly lastLines: string[] = []
  /** It has ended as it should: ran once, or finished its work. */
  finished = false
  /** Its control group, while it is kept. */
  group: ControlGroup | undefined

  private readonly options: ServiceOptions
  private running: Promise<void> | undefined
  private stopping = new AbortController()
  private child: ChildProcess | undefined
  private wasHealthy = false
  /** The CPU limit waits for the end of the launch. */
  private launching = false

  constructor(options: ServiceOptions) {
    this.options = options
    this.process = options.process
  }

  /** Whether its keeper is at work: it runs, or will run again. */
  get alive(): boolean {
    return this.running !== undefined
  }

  /** Shows that it is going to be started once others are ready. */
  wait(): void {
    this.change('waiting', undefined)
  }

  /** Starts it with its memory limit; its CPU limit is applied by `limitCpus`, once the launch is over. */
  start(): void {
    if (this.running) return
    this.stopping = new AbortController()
    this.launching = true
    this.wasHealthy = false
    this.finished = false
    this.startedAt = Date.now()
    this.running = this.keepInGroup().finally(() => {
      this.running = undefined
    })
  }

  /** Ends the start-up boost: from now on the CPU limit holds, in a restart from the moment that it is healthy again. */
  limitCpus(): void {
    this.launching = false
    this.group?.limitCpus(this.process.limits.cpus)
  }

  /** Takes over start values and limits without a restart; limits also where they are the same, as somebody may have changed them in the kernel. */
  adopt(process: LocalProcess): void {
    const { limits } = process
    this.process = process
    this.group?.limitMemory(limits.memoryBytes)
    this.group?.reserveCpus(limits.reservedCpus)
    if (!this.launching) this.group?.limitCpus(limits.cpus)
  }

  /** SIGTERM, its grace, then SIGKILL for its whole process group. */
  async stop(): Promise<void> {
    if (!this.running) {
      if (this.condition === 'waiting') this.change('stopped', undefined)
      return
    }
    this.stopStartedAt = Date.now()
    this.stopping.abort()
    if (this.child) this.change('stopping', undefined)
    this.child?.kill('SIGTERM')
    const { graceMs } = this.process
    const force = setTimeout(() => {
      this.note(`did not stop within ${graceMs} ms and is killed`)
      this.killGroup()
    }, graceMs)
    await this.running
    clearTimeout(force)
    this.change('stopped', undefined)
  }

  /** For the keeper's own violent end. */
  killGroup(): void {
    if (this.pid !== undefined) signalGroup(this.pid, 'SIGKILL')
  }

  private async keepInGroup(): Promise<void> {
    const { memoryBytes, reservedCpus } = this.process.limits
    try {
      if (memoryBytes > 0) this.group = this.options.createGroup(this.process.name)
      this.group?.limitMemory(memoryBytes)
      this.group?.reserveCpus(reservedCpus)
    } catch (error) {
      this.note(`runs without limits: ${(error as Error).message}`)
    }
    try {
      await this.keep()
    } finally {
      const { group } = this
      this.group = undefined
      await group
        ?.remove()
        .catch((error) => this.note(`its control group cannot be removed: ${error.message}`))
    }
  }

  private async keep(): Promise<void> {
    const { patience } = this.options
    let backoffMs = patience.firstBackoffMs
    let attempts = 0
    for (;;) {
      this.change('starting', undefined)
      const startedAt = performance.now()
      const { exit, reason } = await this.runOnce().catch(failedToRun)
      this.exit = exit
      if (this.stopping.signal.aborted) return this.change('stopped', undefined)
      if (this.endedWell(exit)) {
        this.finished = true
        return this.change('stopped', 'finished')
      }
      attempts++
      const givesUp = !this.wasHealthy && attempts >= patience.launchAttempts
      if (givesUp) return this.change('failed', reason)
      if (performance.now() - startedAt >= patience.steadyMs) backoffMs = patience.firstBackoffMs
      this.note(`${reason}; starts again in ${backoffMs / 1000} s`)
      this.change('restarting', reason)
      await pause(backoffMs, this.stopping.signal)
      if (this.stopping.signal.aborted) return this.change('stopped', undefined)
      this.restarts++
      backoffMs = Math.min(backoffMs * 2, patience.longestBackoffMs)
    }
  }

  private endedWell(exit: ServiceExit): boolean {
    // What was not warmed up is slow at first, and nothing else: no reason to try again or to give up.
    if (this.process.role === 'warm-up') return true
    return exit.code === 0 && this.process.restart !== 'always'
  }

  /** Prepares and runs the process until it ends, with everything that it may have left in its group. */
  private async runOnce(): Promise<{ exit: ServiceExit; reason: string }> {
    for (const file of this.process.files) {
      mkdirSync(dirname(file.path), { recursive: true })
      writeFileSync(file.path, file.text, { mode: 0o600 })
    }
    for (const step of this.process.prepare) {
      if (existsSync(step.unless)) continue
      const prepared = await this.runProcess(step.command, step.args)
      if (prepared.exit.code !== 0 || this.stopping.signal.aborted) return prepared
    }
    const { classArchive, args, nice, command } = this.process
    const archive = classArchive === undefined ? undefined : await openClassArchive(classArchive)
    const allArgs = [...(archive?.flags ?? []), ...args]
    const run =
      nice > 0
        ? this.runProcess('nice', ['-n', String(nice), command, ...allArgs], { watched: true })
        : this.runProcess(command, allArgs, { watched: true })
    const ended = await run
    if (archive) {
      if (ended.exit.code === 143 || ended.exit.code === 0) await keepClassArchive(archive)
      else await dropClassArchive(archive)
    }
    return ended
  }

  private async runProcess(
    command: string,
    args: readonly string[],
    { watched = false } = {},
  ): Promise<{ exit: ServiceExit; reason: string }> {
    if (this.stopping.signal.aborted)
      return { exit: { code: null, signal: null, outOfMemory: false }, reason: 'it was stopped' }
    const { environment, workingFolder } = this.options
    const kernelKillsBefore = readKernelMemoryKills()
    const { group } = this
    const before = group?.read()
    if (watched) group?.limitCpus(undefined)
    const joined = group ? joinCommand(group.joinFiles, command, args) : { command, args }
    const child = spawn(joined.command, joined.args, {
      cwd: workingFolder,
      env: { ...environment, ...this.process.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: it can be ended together with all that it started.
      detached: true,
    })
    this.child = child
    this.lastLines.length = 0
    this.capture(child)
    const ended = waitForEnd(child)
    if (child.pid !== undefined) {
      this.pid = child.pid
      this.startToken = (await readProcess(child.pid))?.startToken
      this.change(this.condition, undefined)
    }
    // A stop may have been asked for while the process was being looked up.
    if (this.stopping.signal.aborted) child.kill('SIGTERM')
    const over = new AbortController()
    if (watched) void this.watch(over.signal)
    const { code, signal, failure } = await ended
    over.abort()
    this.child = undefined
    this.pid = undefined
    this.startToken = undefined
    if (failure)
      return { exit: { code, signal, outOfMemory: false }, reason: `cannot be started: ${failure.message}` }
    const kernelKillsAfter = readKernelMemoryKills()
    const after = group?.read()
    const history = before && after ? { before, after } : undefined
    const lines = this.lastLines
    return explainExit({ code, signal, lines, kernelKillsBefore, kernelKillsAfter, group: history })
  }

  /** Polls readiness from the start of the process to its end. */
  private async watch(over: AbortSignal): Promise<void> {
    const { patience } = this.options
    if (this.process.readiness.kind === 'exit') return
    let failures = 0
    let ready = false
    let boosted = true
    const boostEnds = performance.now() + patience.longestBoostMs
    while (!over.aborted) {
      const answer = await probe(this.process.readiness)
      if (over.aborted || this.stopping.signal.aborted) return
      if (answer.ready) {
        failures = 0
        ready = true
        this.wasHealthy = true
        if (boosted && !this.launching) this.limitCpus()
        boosted = false
        if (this.condition !== 'healthy') this.change('healthy', undefined)
      } else if (ready) {
        failures++
        if (failures >= patience.unhealthyAfter) this.change('unhealthy', answer.why)
      } else {
        this.reason = answer.why
        if (boosted && !this.launching && performance.now() > boostEnds) {
          boosted = false
          this.limitCpus()
        }
      }
      await pause(ready ? patience.healthPollMs : patience.readyPollMs, over)
    }
  }

  private capture(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = createLineSplitter((lines) => {
        this.options.log.write(lines)
        this.lastLines.push(...lines.filter((line) => line.trim() !== '').slice(-LINES_KEPT))
        if (this.lastLines.length > LINES_KEPT) this.lastLines.splice(0, this.lastLines.length - LINES_KEPT)
      })
      stream?.on('data', (chunk: Buffer) => splitter.push(chunk))
      stream?.on('close', () => splitter.end())
      stream?.on('error', () => undefined)
    }
  }

  private note(text: string): void {
    this.options.log.write([`radtune: ${this.process.name} ${text}`])
  }

  private change(condition: ServiceCondition, reason: string | undefined): void {
    if (condition !== this.condition) this.since = Date.now()
    this.condition = condition
    this.reason = reason
    this.options.onChange(this)
  }
}

const LINES_KEPT = 40

/** A start that did not even come to a process: the disk is full, a file cannot be written. */
function failedToRun(error: Error): { exit: ServiceExit; reason: string } {
  return {
    exit: { code: null, signal: null, outOfMemory: false },
    reason: `cannot be started: ${error.message}`,
  }
}
