import { Config } from '@oclif/core/config'
import { RadtuneError } from '@radtune/core/errors'
import { nearest } from '@radtune/core/settings'
import { type BaseCommand, isYes } from './base-command.ts'
import { answerEnvelope, errorEnvelope } from './output/envelope.ts'
import { errorText } from './output/error-text.ts'
import { createOutput, type Output, type OutputMode } from './output/output.ts'
import type { World } from './world.ts'

interface CommandClass {
  id?: string
  schema: string
  new (argv: string[], config: Config): BaseCommand
}

/** The commands there are, and how to load one. */
export interface CommandSource {
  ids: readonly string[]
  load(id: string): Promise<unknown>
}

/** What a run needs: its world, the folder with oclif's package.json, and optionally other commands than the built ones. */
export interface RunOptions {
  world: World
  root: string
  commands?: CommandSource
}

/** Runs one command line to its end and answers its exit code. Never throws, never ends the process except on a signal. */
export async function runRadtune(
  argv: readonly string[],
  { world, root, commands }: RunOptions,
): Promise<number> {
  const mode = readOutputMode(argv, world.environment)
  const output = createOutput(world, mode)
  let schema = 'radtune.error/1'
  let command: BaseCommand | undefined
  let version = 'unknown'
  const ignoreSignals = world.onInterrupt((signal) => {
    if (!command?.interrupt(signal)) process.exit(signal === 'SIGINT' ? 130 : 143)
  })
  try {
    const config = await Config.load({ root })
    version = config.version
    const source = commands ?? builtCommands(config)
    const words = splitWords(argv, source.ids)
    if (wantsVersion(argv)) return answerVersion(config, output)
    if (words.help) {
      const { showHelp } = await import('./help.ts')
      return await showHelp(words, { config, output, ids: source.ids })
    }
    if (words.id === undefined) throw unknownCommand(words, source.ids)
    const Class = (await source.load(words.id)) as CommandClass
    Class.id ??= words.id
    schema = Class.schema
    command = new Class([...words.rest], config)
    command.world = world
    command.output = output
    const answer = await command.run()
    const exitCode = answer?.exitCode ?? 0
    if (command.interruptedBy && exitCode < 128) throw command.interruptedBy
    if (answer && mode.json) {
      output.document(answerEnvelope(schema, { data: answer.data, exitCode, warnings: output.warnings }))
    } else if (answer?.text !== undefined) {
      output.data(answer.text)
    }
    return exitCode
  } catch (thrown) {
    const own = thrown instanceof RadtuneError && thrown.exitCode >= 128
    const error = await asRadtuneError(own ? thrown : (command?.interruptedBy ?? thrown), {
      world,
      argv,
      version,
    })
    if (mode.json) output.document(errorEnvelope(schema, error, output.warnings))
    else if (error.code === 'RT-CLI-007')
      output.complain([error.message, error.left].filter(Boolean).join('; '))
    else output.complain(errorText(error, output.stderr))
    return error.exitCode
  } finally {
    ignoreSignals()
  }
}

/** A command line taken apart: the command it names, and the rest for that command. */
export interface CommandWords {
  id: string | undefined
  /** The leading words, also when they name nothing. */
  names: readonly string[]
  rest: readonly string[]
  help: boolean
}

const globalValueFlags = new Set(['--project'])

/** Finds the longest command id in the leading words; global flags may stand before it. */
export function splitWords(argv: readonly string[], ids: readonly string[]): CommandWords {
  const end = argv.indexOf('--')
  const ownWords = end === -1 ? argv : argv.slice(0, end)
  const help = argv.length === 0 || ownWords.includes('--help') || ownWords.includes('-h')
  const before: string[] = []
  let start = 0
  while (start < argv.length && argv[start]?.startsWith('-') && argv[start] !== '--') {
    const takesValue = globalValueFlags.has(argv[start] ?? '')
    before.push(...argv.slice(start, start + (takesValue ? 2 : 1)))
    start += takesValue ? 2 : 1
  }
  const names: string[] = []
  for (const word of argv.slice(start)) {
    if (word.startsWith('-')) break
    names.push(...(names.length === 0 ? word.split(':') : [word]))
  }
  if (names[0] === 'help') return { id: undefined, names: names.slice(1), rest: before, help: true }
  for (let count = names.length; count > 0; count--) {
    const id = names.slice(0, count).join(':')
    if (!ids.includes(id)) continue
    const consumed = argv[start]?.includes(':') && count > 1 ? 1 : count
    return { id, names, rest: [...before, ...argv.slice(start + consumed)], help }
  }
  return {
    id: undefined,
    names,
    rest: [...before, ...argv.slice(start)],
    help: help || (names.length === 0 && argv.every(isModeFlag)),
  }
}

function isModeFlag(word: string): boolean {
  return ['--json', '--quiet', '-q', '--no-input', '--no-color'].includes(word)
}

function readOutputMode(argv: readonly string[], environment: World['environment']): OutputMode {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  return {
    json: words.includes('--json') || isYes(environment.RADTUNE_JSON),
    quiet: words.includes('--quiet') || words.includes('-q') || isYes(environment.RADTUNE_QUIET),
    noColour: words.includes('--no-color'),
  }
}

function builtCommands(config: Config): CommandSource {
  return {
    ids: config.commandIDs,
    async load(id) {
      const file = new URL(`./commands/${id.replaceAll(':', '/')}.js`, import.meta.url)
      return ((await import(file.href)) as { default: unknown }).default
    },
  }
}

function wantsVersion(argv: readonly string[]): boolean {
  return argv[0] === '--version' || argv[0] === '-v'
}

function answerVersion(config: Config, output: Output): number {
  const node = process.version
  const platform = `${process.platform}-${process.arch}`
  if (output.mode.json) {
    const data = { version: config.version, node, platform }
    output.document(answerEnvelope('radtune.version/1', { data, exitCode: 0, warnings: [] }))
  } else {
    output.data(`radtune ${config.version} (Node ${node}, ${platform})`)
  }
  return 0
}

function unknownCommand(words: CommandWords, ids: readonly string[]): RadtuneError {
  const [first] = words.names
  if (first === undefined) {
    const flag = words.rest[0] ?? ''
    return new RadtuneError('RT-CLI-002', {
      what: `${flag} is not a flag that stands before a command`,
      fix: ['radtune --help', 'radtune <command> --help'],
    })
  }
  const names = [...ids.map((id) => id.replaceAll(':', ' ')), 'help']
  const near = nearest(words.names.slice(0, 2).join(' '), names) ?? nearest(first, names)
  return new RadtuneError('RT-CLI-001', {
    what: `radtune has no command "${first}"`,
    ...(near ? { why: `did you mean radtune ${near}?` } : {}),
    fix: [near ? `radtune ${near} --help` : 'radtune --help'],
  })
}

async function asRadtuneError(
  thrown: unknown,
  run: { world: World; argv: readonly string[]; version: string },
): Promise<RadtuneError> {
  if (thrown instanceof RadtuneError) return thrown
  const { reportUnexpected } = await import('./unexpected-error.ts')
  return reportUnexpected(thrown, run)
}
