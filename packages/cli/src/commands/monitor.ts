import * as Flags from '@oclif/core/flags'
import { RadtuneError } from '@radtune/core/errors'
import { formatBytes, formatDuration } from '@radtune/core/units'
import { type Answer, BaseCommand } from '../base-command.ts'
import { answerEnvelope } from '../output/envelope.ts'
import { monitorLine } from '../output/monitor-text.ts'
import type { LogLine } from '../ports/runtime.ts'
import { NOTHING_RUNS } from '../services/collect-snapshots.ts'
import type { MonitorExtras } from '../services/monitor-extras.ts'
import { createMonitorPace, type MonitorPace } from '../services/monitor-pace.ts'
import {
  type Moment,
  monitorStack,
  replayRecording,
  whyNotHealthy,
  whyOfSilence,
} from '../services/monitor-stack.ts'
import { type MonitorRequest, parseMonitorRequest } from '../services/parse-monitor-request.ts'
import { readLogs } from '../services/read-logs.ts'
import { type Recorder, readRecording, startRecording } from '../services/record-snapshots.ts'
import { monitorView } from '../tui/view-models/monitor-view.ts'

/** `data` of radtune.monitor/1. */
type MonitorData = Pick<Moment, 'snapshot' | 'evaluation'>

interface MonitorFlagValues {
  project?: string | undefined
  once?: boolean
  self?: boolean
  record?: string | undefined
  replay?: string | undefined
  until?: string | undefined
}

/** A threshold is crossed after three samples, and a rate needs two: as many in which every source says something. */
const SAMPLES_OF_ONCE = 4
/** A source that says nothing is not waited for any longer. */
const MOST_SAMPLES_OF_ONCE = 10
/** Of each service, when its logs are opened on the screen. */
const LOG_LINES = 200

export default class Monitor extends BaseCommand {
  static override schema = 'radtune.monitor/1'
  static override summary = 'Watch rates, lag, latency, CPU and memory, and what holds the flow back'
  static override description =
    'On a terminal a live screen (? shows its keys); else one line per interval. docs/monitor.md says what each number means. With --json each line is a document with one snapshot and its evaluation. --once prints one frame after four samples and ends with 0, with 3 when a threshold is crossed or something is not in order, or with 4 when nothing runs.'
  static override flags = {
    interval: Flags.string({
      description: 'time between two samples, 500ms to 10s [default: 1s]',
      helpValue: 'TIME',
    }),
    once: Flags.boolean({
      description: 'one frame of 80×24 without colour, then the end',
      exclusive: ['until'],
    }),
    record: Flags.string({
      description: 'write all snapshots into a new FILE, one per line',
      helpValue: 'FILE',
      exclusive: ['replay'],
    }),
    replay: Flags.string({
      description: 'show a recording instead of a stack; none needs to run',
      helpValue: 'FILE',
      exclusive: ['until'],
    }),
    speed: Flags.string({
      description: 'how fast --replay goes: 10x; 0x is as fast as possible [default: 1x]',
      helpValue: 'SPEED',
      dependsOn: ['replay'],
    }),
    until: Flags.string({
      description: 'end with 0 as soon as the stack is healthy, with 5 when it is not in time',
      options: ['healthy'],
    }),
    timeout: Flags.string({
      description: 'longest wait of --until [default: 120s]',
      helpValue: 'TIME',
      dependsOn: ['until'],
    }),
    self: Flags.boolean({ description: 'also show what radtune itself uses' }),
  }
  static override examples = [
    '<%= config.bin %> monitor',
    '<%= config.bin %> monitor --once',
    '<%= config.bin %> monitor --json | jq .data.evaluation.flow.lag.now',
    '<%= config.bin %> monitor --record run.ndjson --interval 2s',
    '<%= config.bin %> monitor --replay run.ndjson --speed 10x',
    '<%= config.bin %> monitor --until healthy --timeout 120s',
  ]

  override async run(): Promise<Answer<MonitorData> | undefined> {
    const { flags } = await this.parse(Monitor)
    const request = parseMonitorRequest(flags)
    const recorder = flags.record === undefined ? undefined : await this.#recorder(flags.record, request)
    const self = flags.self ? createSelfMeter() : undefined
    if (this.#onScreen(flags)) return await this.#watch(flags, { request, recorder, self })
    let shown: Moment | undefined
    let startedAt: number | undefined
    let taken = 0
    let complete = 0
    for await (const moment of await this.#moments(flags, request)) {
      shown = moment
      startedAt ??= moment.snapshot.at
      taken += 1
      if (whyOfSilence(moment.snapshot) === undefined) complete += 1
      await recorder?.write(moment)
      if (flags.once) {
        const enough = complete >= SAMPLES_OF_ONCE || taken >= MOST_SAMPLES_OF_ONCE || nothingRuns(moment)
        if (enough && flags.replay === undefined) break
        continue
      }
      this.#show(moment, self?.())
      if (flags.until === undefined) continue
      const why = whyNotHealthy(moment)
      if (why === undefined) return
      if (moment.snapshot.at - startedAt >= request.timeoutMs) throw notHealthy(why, request)
    }
    if (!flags.once || !shown || this.interruption.aborted) return
    return this.#frame(shown, { request, replayed: flags.replay !== undefined, self: self?.() })
  }

  /** A screen needs a terminal that can be drawn on and asked, and somebody who looks at it. */
  #onScreen({ once, until }: MonitorFlagValues): boolean {
    const { stdin, environment } = this.world
    const terminals = this.output.stdout.terminal && stdin.isTTY === true && environment.TERM !== 'dumb'
    return terminals && !this.output.mode.json && !once && until === undefined
  }

  async #watch(
    flags: MonitorFlagValues,
    {
      request,
      recorder,
      self,
    }: { request: MonitorRequest; recorder: Recorder | undefined; self: (() => string) | undefined },
  ): Promise<undefined> {
    // React in its development form costs half as much again.
    process.env.NODE_ENV ??= 'production'
    const [{ watchMonitor }, { graphsOf }] = await Promise.all([
      import('../tui/watch-monitor.tsx'),
      import('../tui/monitor-look.ts'),
    ])
    const replayed = flags.replay !== undefined
    const extras = this.#extras(flags)
    await watchMonitor({
      moments: (signal, pace) => this.#moments(flags, pace, signal),
      onMoment: async (moment) => recorder?.write(moment),
      judge: async (moment) => await (await extras()).judge(moment),
      drift: async () => await (await extras()).drift(),
      pace: createMonitorPace({ ...request, replayed }),
      replayed,
      self,
      graphs: graphsOf(this.world.environment),
      colour: this.output.stdout.colour,
      save: (frame) => this.#save(frame),
      openLogs: (services, signal) => this.#logs(flags, services, signal),
      signal: this.interruption,
      stdin: this.world.stdin as NodeJS.ReadStream,
      stdout: this.world.stdout as NodeJS.WriteStream,
    })
  }

  async #moments(
    flags: MonitorFlagValues,
    pace: Pick<MonitorPace, 'intervalMs' | 'speed'>,
    signal: AbortSignal = this.interruption,
  ): Promise<AsyncGenerator<Moment, void, undefined>> {
    if (flags.replay === undefined) {
      const world = await this.world.stackWorld(await this.projectDir(flags))
      return monitorStack(world, { pace, signal, hurried: this.#onScreen(flags) })
    }
    const recording = await readRecording(this.world.files, await this.#path(flags.replay))
    for (const warning of recording.warnings) this.output.warn(warning)
    return replayRecording(recording, {
      clock: this.world.clock,
      pace: flags.once ? { speed: 0 } : pace,
      signal,
    })
  }

  /** Loaded when it is first asked: the first frame does not wait for it. */
  #extras(flags: MonitorFlagValues): () => Promise<MonitorExtras> {
    let made: Promise<MonitorExtras> | undefined
    const make = async () => {
      const { createMonitorExtras } = await import('../services/monitor-extras.ts')
      const places = { ...(await this.planPlaces(flags)), composeSchema: this.world.composeSchema }
      const world = flags.replay === undefined ? await this.world.stackWorld(places.projectDir) : undefined
      return createMonitorExtras({ places, world, version: this.config.version })
    }
    return () => {
      made ??= make()
      return made
    }
  }

  /** Into the folder that one works in, under a name of its own. */
  async #save(frame: string): Promise<string> {
    const time = new Date(this.world.clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
    const name = `radtune-monitor-${time}.txt`
    try {
      await this.world.files.write(await this.#path(name), frame)
      return `written to ${name}`
    } catch (error) {
      return `not written: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  async #logs(
    flags: MonitorFlagValues,
    services: readonly string[],
    signal: AbortSignal,
  ): Promise<AsyncIterable<LogLine>> {
    if (flags.replay !== undefined) throw new Error('a recording has none')
    const world = await this.world.stackWorld(await this.projectDir(flags))
    const answer = await readLogs(world, { services, lines: LOG_LINES, follow: true }, signal)
    if (answer.kind === 'no-stack') throw new Error(NOTHING_RUNS)
    return answer.lines
  }

  async #recorder(file: string, { intervalMs }: MonitorRequest): Promise<Recorder> {
    return startRecording(this.world.files, await this.#path(file), {
      version: this.config.version,
      intervalMs,
    })
  }

  async #path(file: string): Promise<string> {
    const { resolve } = await import('node:path')
    return resolve(this.world.workingDir, file)
  }

  #show(moment: Moment, self: string | undefined): void {
    if (this.output.mode.json) {
      const { snapshot, evaluation } = moment
      const data: MonitorData = { snapshot, evaluation }
      const document = answerEnvelope(Monitor.schema, {
        data,
        exitCode: exitCodeOf(moment),
        warnings: this.output.warnings,
      })
      // One per line, also on a terminal: each is a document of its own.
      this.world.stdout.write(`${JSON.stringify(document)}\n`)
      return
    }
    this.output.data(`${monitorLine(moment.evaluation)}${self === undefined ? '' : ` ${self}`}`)
  }

  #frame(
    moment: Moment,
    { request, replayed, self }: { request: MonitorRequest; replayed: boolean; self: string | undefined },
  ): Answer<MonitorData> {
    const { snapshot, evaluation } = moment
    const lines = monitorView(
      {
        moment,
        intervalMs: request.intervalMs,
        mode: replayed ? 'REPLAY' : 'LIVE',
        self,
      },
      { columns: 80, rows: 24 },
    )
    return {
      data: { snapshot, evaluation },
      text: lines
        .map((line) =>
          line
            .map(({ text }) => text)
            .join('')
            .trimEnd(),
        )
        .join('\n'),
      exitCode: exitCodeOf(moment),
    }
  }
}

function nothingRuns({ snapshot: { stack } }: Moment): boolean {
  return !stack.known && stack.why === NOTHING_RUNS
}

/** 4 when there is nothing to judge, 3 when something is not in order. */
function exitCodeOf({ snapshot, evaluation }: Moment): number {
  if (!snapshot.stack.known) return 4
  return evaluation.state === 'ok' ? 0 : 3
}

function notHealthy(why: string, { timeoutMs }: MonitorRequest): RadtuneError {
  return new RadtuneError('RT-MON-003', {
    what: `the stack is not healthy after ${formatDuration(timeoutMs)}`,
    why,
  })
}

/** CPU and memory of this process since the call before. */
function createSelfMeter(): () => string {
  let [at, used] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(used)
    const elapsedMs = Math.max(1, performance.now() - at)
    at = performance.now()
    used = process.cpuUsage()
    return `self-cpu=${((user + system) / 10 / elapsedMs).toFixed(1)}% self-mem=${formatBytes(process.memoryUsage.rss()).replaceAll(' ', '')}`
  }
}
