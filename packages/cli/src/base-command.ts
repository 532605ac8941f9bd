import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import type { Input, ParserOutput } from '@oclif/core/interfaces'
import { RadtuneError } from '@radtune/core/errors'
import type { Output } from './output/output.ts'
import type { StackWorld } from './ports/stack-world.ts'
import type { PlanPlaces } from './services/plan-project.ts'
import { usageError } from './usage-error.ts'
import type { World } from './world.ts'

/** Values of flags or arguments by name, as oclif types them. */
// biome-ignore lint/suspicious/noExplicitAny: the constraint of oclif's own generics
type Values = Record<string, any>

/** What a command came to. */
export interface Answer<Data = unknown> {
  /** `data` of the JSON document. */
  data: Data
  /** What a person reads on stdout; left out when the command has already said it. */
  text?: string
  /** 0 done, 3 findings, 4 could not check (docs: `radtune help exit-codes`); 0 when left out. */
  exitCode?: number
}

/**
 * What all commands share: the global flags, one JSON envelope, one error form, `RADTUNE_*` for flags, questions.
 * A subclass names its `schema`, implements `run`, and never prints JSON, catches errors or exits by itself.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({
      description: 'print one JSON document on standard output',
      helpGroup: 'GLOBAL',
      env: 'RADTUNE_JSON',
    }),
    quiet: Flags.boolean({
      char: 'q',
      description: 'no progress, only the result, warnings and errors',
      helpGroup: 'GLOBAL',
      env: 'RADTUNE_QUIET',
    }),
    'no-input': Flags.boolean({
      description: 'never ask; fail (exit 2) where an answer is needed',
      helpGroup: 'GLOBAL',
      env: 'RADTUNE_NO_INPUT',
    }),
    'no-color': Flags.boolean({
      description: 'no colour (NO_COLOR and FORCE_COLOR are respected too)',
      helpGroup: 'GLOBAL',
    }),
    project: Flags.string({
      description: 'folder of the project; its state lives in DIR/.radtune [default: the current folder]',
      helpGroup: 'GLOBAL',
      helpValue: 'DIR',
      env: 'RADTUNE_PROJECT',
    }),
  }

  /** Name and version of the JSON document, such as `radtune.plan/1`. */
  static schema = 'radtune.error/1'

  /** Set by the runner before `run`. */
  world!: World
  output!: Output

  /** Flags whose value came from the environment, after `parse`. */
  protected flagsFromEnvironment: ReadonlySet<string> = new Set()
  #interruption: AbortController | undefined

  abstract override run(): Promise<Answer | undefined>

  /** Absolute path of the project folder, from parsed flags. Throws RT-CLI-009 when it is not a folder. */
  protected async projectDir(flags: { project?: string | undefined }): Promise<string> {
    const { resolve } = await import('node:path')
    const folder = resolve(this.world.workingDir, flags.project ?? '.')
    const kind = await this.world.files.kind(folder)
    if (kind === 'folder') return folder
    throw new RadtuneError('RT-CLI-009', {
      what: `${folder} is not a folder that can be used as a project`,
      why: kind === 'missing' ? 'it does not exist' : `it is a ${kind === 'file' ? 'file' : 'special file'}`,
      fix: kind === 'missing' ? [`mkdir -p ${folder}`] : ['name another folder with --project'],
    })
  }

  /** Where profiles and settings are read from, for the services that plan. */
  protected async planPlaces(flags: { project?: string | undefined }): Promise<PlanPlaces> {
    const { files, host, environment, workingDir, shippedProfilesDir, userConfigFile } = this.world
    return {
      files,
      host,
      environment,
      workingDir,
      shippedProfilesDir,
      userConfigFile,
      projectDir: await this.projectDir(flags),
    }
  }

  /** Settings of the page are in Kafka alone until the overlay has them. */
  protected async adoptWritten(
    world: StackWorld,
    places: PlanPlaces,
    operation: 'up' | 'down',
  ): Promise<void> {
    const { adoptWritten } = await import('./services/adopt-written.ts')
    const { adopted, problem } = await adoptWritten(world, places, operation)
    if (adopted !== undefined) this.output.say(adopted)
    if (problem !== undefined) this.output.warn(problem)
  }

  /** Whether a question can be put to a person. */
  protected get interactive(): boolean {
    const { stdin, stderr } = this.world
    return (
      stdin.isTTY === true &&
      stderr.isTTY === true &&
      !this.output.mode.json &&
      !this.#noInput &&
      !this.world.environment.CI
    )
  }

  /**
   * Asks yes or no on stderr; an empty answer is no. Where nobody can be asked, throws RT-CLI-004, which names `flag` as
   * the way to say yes.
   */
  protected async confirm(question: string, flag: string): Promise<boolean> {
    return /^y(es)?$/i.test(await this.ask(`${question} [y/N]`, flag))
  }

  /** Asks on stderr and answers what was typed. Where nobody can be asked, throws RT-CLI-004, which names `flag` instead. */
  protected async ask(question: string, flag: string): Promise<string> {
    if (!this.interactive) {
      throw new RadtuneError('RT-CLI-004', {
        what: `${question} Nobody can be asked here`,
        why: this.#noInput
          ? '--no-input was given'
          : this.output.mode.json
            ? '--json was given'
            : this.world.environment.CI
              ? 'CI is set'
              : 'standard input or standard error is not a terminal',
        fix: [`repeat the command with ${flag}`],
      })
    }
    const { createInterface } = await import('node:readline')
    this.world.stderr.write(`${question} `)
    const lines = createInterface({ input: this.world.stdin, terminal: false })
    const signal = this.#interruption?.signal
    try {
      const answer = await new Promise<string>((resolve, reject) => {
        lines.once('line', resolve)
        lines.once('close', () => resolve(''))
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
      return answer.trim()
    } finally {
      lines.close()
    }
  }

  /**
   * Aborted at the first SIGINT or SIGTERM, with the RadtuneError that ends the command as the reason; a second one ends
   * the program at once. A command that never asks for it is ended by the first.
   */
  protected get interruption(): AbortSignal {
    this.#interruption ??= new AbortController()
    return this.#interruption.signal
  }

  /** Called by the runner. True when the command will end by itself. */
  interrupt(signal: 'SIGINT' | 'SIGTERM'): boolean {
    if (!this.#interruption || this.#interruption.signal.aborted) return false
    this.#interruption.abort(
      new RadtuneError('RT-CLI-007', {
        what: `stopped by ${signal}`,
        exitCode: signal === 'SIGINT' ? 130 : 143,
      }),
    )
    return true
  }

  /** True once the command was interrupted: then it ends with 130 or 143, whatever it threw. */
  get interruptedBy(): RadtuneError | undefined {
    const signal = this.#interruption?.signal
    return signal?.aborted ? (signal.reason as RadtuneError) : undefined
  }

  get #noInput(): boolean {
    return this.argv.includes('--no-input') || isYes(this.world.environment.RADTUNE_NO_INPUT)
  }

  /**
   * As oclif's, with two differences: the environment comes from the world, below flags and above defaults, and every
   * refusal is a RadtuneError that suggests what was meant.
   */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<ParserOutput<F, B, A>> {
    const input = withoutSideInputs(options ?? (this.ctor as unknown as Input<F, B, A>))
    const variables: string[] = []
    try {
      const given = await super.parse<F, B, A>(input.options, argv)
      const tokens: string[] = []
      const fromEnvironment = new Set<string>()
      for (const [name, { variable, boolean }] of input.variables) {
        const value = this.world.environment[variable]
        const isGiven = given.flags[name] !== undefined && !given.metadata.flags[name]?.setFromDefault
        if (isGiven || value === undefined || value === '' || (boolean && !isYes(value))) continue
        tokens.push(boolean ? `--${name}` : `--${name}=${value}`)
        variables.push(`${variable}=${value}`)
        fromEnvironment.add(name)
      }
      this.flagsFromEnvironment = fromEnvironment
      if (tokens.length === 0) return withSettledSwitches(given, input.options)
      const parsed = await super.parse<F, B, A>(input.options, [...tokens, ...argv])
      this.argv = argv
      return withSettledSwitches(parsed, input.options)
    } catch (error) {
      throw usageError(error, {
        id: this.ctor.id,
        flags: Object.keys({ ...options?.baseFlags, ...options?.flags }),
        commandIds: this.config.commandIDs,
        variables,
      })
    }
  }
}

/** A switch that was not given is false, as its type says; oclif leaves it undefined. */
function withSettledSwitches<Parsed extends { flags: Values }>(
  parsed: Parsed,
  options: { flags?: object; baseFlags?: object },
): Parsed {
  const flags: Values = { ...parsed.flags }
  for (const [name, flag] of Object.entries<{ type?: string }>({ ...options.baseFlags, ...options.flags })) {
    if (flag.type === 'boolean') flags[name] ??= false
  }
  return { ...parsed, flags }
}

interface FlagVariable {
  variable: string
  boolean: boolean
}

/** Takes from flags what oclif would read from `process.env`, and from arguments that they be read from standard input. */
function withoutSideInputs<F extends Values, B extends Values, A extends Values>(
  options: Input<F, B, A>,
): { options: Input<F, B, A>; variables: Map<string, FlagVariable> } {
  const variables = new Map<string, FlagVariable>()
  const strip = (flags: object | undefined) =>
    Object.fromEntries(
      Object.entries(flags ?? {}).map(([name, flag]) => {
        if (flag.env) variables.set(name, { variable: flag.env, boolean: flag.type === 'boolean' })
        return [name, { ...flag, env: undefined }]
      }),
    )
  const args = Object.fromEntries(
    Object.entries(options.args ?? {}).map(([name, arg]) => [
      name,
      { ...(arg as object), ignoreStdin: true },
    ]),
  )
  const stripped = {
    ...options,
    flags: strip(options.flags),
    baseFlags: strip(options.baseFlags),
    args,
    strict: options.strict,
  } as unknown as Input<F, B, A>
  return { options: stripped, variables }
}

/** Whether an environment variable says yes: anything but nothing, `0`, `false`, `no`, `off`. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.trim().toLowerCase())
}
