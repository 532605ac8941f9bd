import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BaseCommand } from '../../packages/cli/src/base-command.ts'
import { EXIT_CODES } from '../../packages/cli/src/output/exit-codes-text.ts'
import { projectDir } from '../run-program.ts'
import { code, markdownTable, pageHead } from './markdown.ts'

/** What is read of a command class of oclif. */
interface CommandClass {
  summary?: string
  description?: string
  examples?: (string | { command: string; description: string })[]
  args?: Record<string, { description?: string; required?: boolean; default?: unknown }>
  flags?: Record<string, FlagDefinition>
  schema?: string
  hidden?: boolean
}

interface FlagDefinition {
  type: 'boolean' | 'option'
  char?: string
  description?: string
  summary?: string
  helpValue?: string | string[]
  options?: readonly string[]
  default?: unknown
  multiple?: boolean
  env?: string
  hidden?: boolean
}

/** docs/reference/commands.md: every command with its arguments, flags and examples, the global flags, the exit codes. */
export async function commandsPage(): Promise<string> {
  const commands = await loadCommands()
  const sections = commands.map(([id, command]) => commandSection(id, command))
  return [
    pageHead('Commands'),
    markdownTable(
      ['command', 'does'],
      commands.map(([id, { summary }]) => [
        `[${code(`radtune ${id}`)}](#radtune-${id.replaceAll(' ', '-')})`,
        summary ?? '',
      ]),
    ),
    '',
    ...sections,
    '## Flags of every command',
    '',
    flagTable(BaseCommand.baseFlags as unknown as Record<string, FlagDefinition>),
    '',
    '## Exit codes',
    '',
    'The same in text and with `--json`.',
    '',
    markdownTable(
      ['code', 'meaning'],
      EXIT_CODES.map(({ code: exit, meaning }) => [exit, meaning]),
    ),
    '',
  ].join('\n')
}

async function loadCommands(): Promise<[string, CommandClass][]> {
  const folder = join(projectDir, 'packages', 'cli', 'src', 'commands')
  const files = (await readdir(folder, { recursive: true })).filter((file) => /(?<!\.test)\.tsx?$/.test(file))
  const commands = await Promise.all(
    files.map(async (file): Promise<[string, CommandClass]> => {
      const id = file
        .replace(/\.tsx?$/, '')
        .replaceAll('\\', '/')
        .replace(/\/index$/, '')
        .replaceAll('/', ' ')
      return [id, (await import(join(folder, file))).default]
    }),
  )
  return commands.filter(([, { hidden }]) => !hidden).sort(([one], [other]) => one.localeCompare(other))
}

function commandSection(
  id: string,
  { summary, description, examples, args, flags, schema }: CommandClass,
): string {
  const ownArgs = Object.entries(args ?? {})
  const words = ownArgs.map(([name, { required }]) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  )
  const usage = ['radtune', id, ...words, ...(Object.keys(flags ?? {}).length > 0 ? ['[flags]'] : [])].join(
    ' ',
  )
  const shownExamples = (examples ?? []).map((example) =>
    (typeof example === 'string' ? example : example.command)
      .replaceAll('<%= config.bin %>', 'radtune')
      .replaceAll('<%= command.id %>', id),
  )
  return [
    `## radtune ${id}`,
    '',
    `${summary ?? ''}.${description ? ` ${description}` : ''}`,
    '',
    '```text',
    usage,
    '```',
    '',
    ...(ownArgs.length > 0
      ? [
          markdownTable(
            ['argument', 'is'],
            ownArgs.map(([name, arg]) => [code(name.toUpperCase()), describeArg(arg)]),
          ),
          '',
        ]
      : []),
    ...(Object.keys(flags ?? {}).length > 0 ? [flagTable(flags ?? {}), ''] : []),
    ...(shownExamples.length > 0 ? ['```sh', ...shownExamples, '```', ''] : []),
    ...(schema ? [`JSON: ${code(schema)}.`, ''] : []),
  ].join('\n')
}

function describeArg({
  description,
  default: fallback,
}: {
  description?: string
  default?: unknown
}): string {
  return [description ?? '', typeof fallback === 'string' ? `[default: ${fallback}]` : '']
    .filter(Boolean)
    .join(' ')
}

function flagTable(flags: Record<string, FlagDefinition>): string {
  const rows = Object.entries(flags)
    .filter(([, { hidden }]) => !hidden)
    .map(([name, flag]) => {
      const value = flag.type === 'option' ? ` ${flag.options?.join('\\|') ?? flag.helpValue ?? 'VALUE'}` : ''
      const short = flag.char ? `-${flag.char}, ` : ''
      return [
        code(`${short}--${name}${value}${flag.multiple ? ' …' : ''}`),
        flagMeaning(flag),
        flag.env ? code(flag.env) : '',
      ]
    })
  return markdownTable(['flag', 'does', 'environment'], rows)
}

function flagMeaning({ summary, description, default: fallback }: FlagDefinition): string {
  const shown = typeof fallback === 'string' || typeof fallback === 'number' ? `[default: ${fallback}]` : ''
  return [summary ?? description ?? '', shown].filter(Boolean).join(' ')
}
