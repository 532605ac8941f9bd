import * as Flags from '@oclif/core/flags'
import type { RecordSums, WarmUp } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { type Answer, BaseCommand } from '../base-command.ts'
import { type ServiceStatus, serviceStatus } from '../output/status-data.ts'
import { upText } from '../output/up-text.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { readRuntime } from '../runtime-flag.ts'
import type { CriticalStep } from '../services/critical-path.ts'
import type { LaunchOutcome } from '../services/launch-stack.ts'
import type { PlanPlaces } from '../services/plan-project.ts'
import type { DemoName } from '../services/plant-demo.ts'
import { readTime } from '../services/time-flag.ts'

/** `data` of radtune.up/1. */
export interface UpData {
  /** Nothing ran before; the running stack was changed; the very same stack ran already. */
  how: 'launched' | 'changed' | 'already'
  runtime: 'local' | 'docker'
  profile: string
  elapsedMs: number
  services: ServiceStatus[]
  ports: { kafka: number; backend: number; frontend: number; stats: Readonly<Record<string, number>> }
  /** Null when the stack ran already. */
  firstRecord: { kind: string; latencyMs: number | null; elapsedMs: number } | null
  /** With --once: what became of all records. */
  records: RecordSums | null
  /** Null when Kafka ran already. */
  warmUp: WarmUp | null
  /** The chain of services that decided how long it took, each with its own part. */
  criticalPath: readonly CriticalStep[]
}

export default class Up extends BaseCommand {
  static override schema = 'radtune.up/1'
  static override summary =
    'Launch the pipeline of a profile and wait until the first record has gone through'
  static override description =
    'Plans the stack, checks the machine and the data, and brings up Kafka, workers, backend, frontend and provider in order. The stack then runs on by itself: radtune status shows it, radtune down stops it. Run again, it changes only what differs.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description: 'profile: a name such as 4c8g or 6c12g, auto for this machine, or a file [default: 4c8g]',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    runtime: Flags.string({
      description:
        'where the services run: docker (containers) or local (processes of this machine) [default: where the project runs or has data, else docker when an engine answers and compose is there]',
      helpValue: 'docker|local',
      env: 'RADTUNE_RUNTIME',
    }),
    env: Flags.string({
      description:
        'containers only: prod, or dev with the sources mounted and the debug ports open [default: prod]',
      helpValue: 'dev|prod',
      env: 'RADTUNE_ENV',
    }),
    data: Flags.string({
      char: 'd',
      description:
        'Safecast dump: file (CSV, also gzip), folder, or - for standard input; may be repeated [default: generated readings]',
      helpValue: 'FILE',
      multiple: true,
    }),
    rate: Flags.string({
      char: 'r',
      description: 'readings per second; 0 is as fast as possible [default: 1000]',
      helpValue: 'N',
    }),
    set: Flags.string({
      description: 'pin a setting; may be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    once: Flags.boolean({ description: 'wait until all data are processed, and print the sums' }),
    loop: Flags.boolean({ description: 'replay the data from the start, again and again' }),
    seed: Flags.string({ description: 'seed of the generated readings [default: 1]', helpValue: 'N' }),
    fresh: Flags.boolean({ description: 'drop earlier records first (asks)' }),
    yes: Flags.boolean({
      char: 'y',
      description:
        'answer yes: to the question of --fresh, or to start without the data of the other runtime',
    }),
    timeout: Flags.string({
      description:
        'longest wait for the first record, downloads not counted; with --once, afterwards the longest time in which nothing moves [default: 120s]',
      helpValue: 'TIME',
      env: 'RADTUNE_TIMEOUT',
    }),
    force: Flags.boolean({ description: 'launch although the machine has not enough memory' }),
    keep: Flags.boolean({ description: 'when a service fails, leave the others running' }),
    demo: Flags.string({
      description: 'a stack with something wrong, for radtune advise to put right',
      options: ['starved-broker', 'over-parallel', 'slow-fetch', 'under-parallel', 'memory', 'leak'],
      helpValue: 'NAME',
    }),
    port: Flags.string({
      description: "Kafka's port, or auto: free ports for all services [default: 9092, 8000, 8080]",
      helpValue: 'N|auto',
      env: 'RADTUNE_PORT',
    }),
  }
  static override examples = [
    '<%= config.bin %> up --profile 4c8g',
    '<%= config.bin %> up --data measurements.csv --rate 5000',
    '<%= config.bin %> up --data measurements.csv --rate 0 --once --fresh --yes',
    '<%= config.bin %> up --demo starved-broker',
  ]

  override async run(): Promise<Answer<UpData>> {
    const { flags } = await this.parse(Up)
    // oclif leaves a flag that is not given undefined, whatever its type says.
    const { once = false, loop = false, fresh = false, yes = false, force = false, keep = false } = flags
    refuseContradictions({ ...flags, once, loop })
    const wish = readRuntime(flags.runtime, 'up')
    const environment = readEnvironment(flags.env)
    const timeoutMs = readTime('timeout', flags.timeout ?? '120s', {
      most: 86_400_000,
      example: 'radtune up --timeout 120s',
    })
    const port = readPort(flags.port)
    const seed = readSeed(flags.seed)
    const [{ planProject }, { launchStack }, { createUpProgress }] = await Promise.all([
      import('../services/plan-project.ts'),
      import('../services/launch-stack.ts'),
      import('../tui/up-progress.ts'),
    ])
    const places = await this.planPlaces(flags)
    const world = await this.world.stackWorld(places.projectDir, wish)
    await this.#returnLeftBehind(world, places)
    await this.adoptWritten(world, places, 'up')
    const demo =
      flags.demo === undefined
        ? undefined
        : await this.#demo(places, {
            name: flags.demo as DemoName,
            profile: flags.profile,
            runtime: world.runtime.name,
          })
    const rate = flags.rate ?? demo?.rate
    const { spec } = await planProject(places, {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      assignments: flags.set ?? [],
      pins:
        rate === undefined
          ? []
          : [
              {
                key: 'provider.rate',
                value: rate,
                origin: 'flag',
                at: flags.rate === undefined ? '--demo' : '--rate',
              },
            ],
    })
    const progress = createUpProgress({
      output: this.output,
      stream: this.world.stderr,
      now: this.world.clock.now,
    })
    let outcome: LaunchOutcome
    try {
      outcome = await launchStack(
        world,
        {
          spec,
          data: { files: flags.data ?? [], loop, seed },
          slotFault: demo?.slotFault,
          environment,
          port,
          once,
          fresh,
          force,
          keep,
          timeoutMs,
        },
        {
          signal: this.interruption,
          onEvent: progress.tell,
          confirm: this.#confirmation(yes, progress.pause),
        },
      )
    } finally {
      progress.end()
    }
    if (outcome.kind === 'interrupted') throw interrupted(this.interruption, outcome.left)
    return { data: upData(outcome), text: upText(outcome, this.output.stdout.palette) }
  }

  /** What a measurement has set that was killed: first of all, for the plan reads it. */
  async #returnLeftBehind(world: StackWorld, places: PlanPlaces): Promise<void> {
    const { returnLeftBehind } = await import('../services/borrow-settings.ts')
    try {
      const returned = await returnLeftBehind(world, places, { operation: 'up' })
      if (returned) this.output.say(returned)
    } catch (error) {
      // The overlay is as it was: what runs by something else is put right by this launch.
      if (!(error instanceof RadtuneError) || error.code !== 'RT-BENCH-006') throw error
      this.output.warn(error.message)
    }
  }

  async #demo(
    places: PlanPlaces,
    asked: { name: DemoName; profile: string | undefined; runtime: StackWorld['runtime']['name'] },
  ) {
    const { plantDemo } = await import('../services/plant-demo.ts')
    const demo = await plantDemo(places, { ...asked, now: this.world.clock.now() })
    this.output.say(`demo ${asked.name}: ${demo.sentence}; radtune advise says what to do about it`)
    return demo
  }

  #confirmation(answered: boolean, pause: () => void) {
    if (answered) return async () => true
    if (!this.interactive) return undefined
    return (question: string) => {
      pause()
      return this.confirm(question, '--fresh --yes')
    }
  }
}

interface Contradictable {
  data?: readonly string[] | undefined
  once: boolean
  loop: boolean
  seed?: string | undefined
}

function refuseContradictions({ data = [], once, loop, seed }: Contradictable): void {
  const refuse = (what: string, fix: string): never => {
    throw new RadtuneError('RT-CLI-021', { what, fix: [fix] })
  }
  if (once && data.length === 0)
    refuse(
      '--once waits for the end of the data, and generated readings have none',
      'radtune up --once --data FILE',
    )
  if (loop && data.length === 0)
    refuse('--loop replays files; generated readings never end anyway', 'radtune up --loop --data FILE')
  if (once && loop)
    refuse('--once waits for the end of the data, and with --loop there is none', 'give one of them')
  if (seed !== undefined && data.length > 0)
    refuse('--seed is for generated readings, and --data names files', 'give one of them')
  if (data.filter((path) => path === '-').length > 1)
    refuse('--data - is given twice, and standard input can be read once', 'give it once')
}

function readEnvironment(text = 'prod'): 'dev' | 'prod' {
  if (text === 'dev' || text === 'prod') return text
  throw new RadtuneError('RT-CLI-003', {
    what: `--env ${text} is not an environment`,
    why: 'there are two: dev and prod',
    fix: ['radtune up --env prod'],
  })
}

function readPort(text: string | undefined): 'auto' | number | undefined {
  if (text === undefined || text === 'auto') return text
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new RadtuneError('RT-CLI-003', {
    what: `--port ${text} is not a port`,
    why: 'a port is auto or a number from 1 to 65535',
    fix: ['radtune up --port auto'],
  })
}

function readSeed(text = '1'): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw new RadtuneError('RT-CLI-003', {
    what: `--seed ${text} is not a seed`,
    why: 'a seed is a whole number from 0',
    fix: ['radtune up --seed 7'],
  })
}

function interrupted(signal: AbortSignal, left: string): RadtuneError {
  const reason = signal.reason as RadtuneError
  return new RadtuneError('RT-CLI-007', { what: reason.message, left, exitCode: reason.exitCode })
}

function upData(outcome: Extract<LaunchOutcome, { kind: 'up' }>): UpData {
  const { how, stack, elapsedMs, first, sums, warmUp, criticalPath } = outcome
  const { kafka, backend, frontend, stats } = stack.launch.ports
  return {
    how,
    runtime: stack.runtime,
    profile: stack.launch.spec.profile,
    elapsedMs,
    services: stack.services.map(serviceStatus),
    ports: { kafka, backend, frontend, stats },
    firstRecord: first
      ? {
          kind: first.kind,
          latencyMs: first.kind === 'through' ? first.latencyMs : null,
          elapsedMs: first.elapsedMs,
        }
      : null,
    records: sums ?? null,
    warmUp: warmUp ?? null,
    criticalPath,
  }
}
