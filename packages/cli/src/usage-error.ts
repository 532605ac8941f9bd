import { RadtuneError } from '@radtune/core/errors'
import { nearest } from '@radtune/core/settings'

/** What is known of the command whose words were refused. */
export interface UsageContext {
  id: string
  /** Names of its flags, without dashes. */
  flags: readonly string[]
  commandIds: readonly string[]
  /** Environment variables that took part, as NAME=value. */
  variables: readonly string[]
}

/** Turns what oclif's parser throws into a RadtuneError with a suggestion; anything else comes back as it is. */
export function usageError(error: unknown, context: UsageContext): unknown {
  if (!(error instanceof Error) || error instanceof RadtuneError || !isOclifError(error)) return error
  const help = `radtune ${context.id.replaceAll(':', ' ')} --help`
  const unknownFlags = listOf(error, 'flags')
  if (unknownFlags) return unknownFlag(unknownFlags[0] ?? '', context, help)
  const message = plainMessage(error)
  const extra = /^Unexpected arguments?: /.test(message) ? listOf(error, 'args') : undefined
  if (extra) return unexpectedArgument(extra[0] ?? '', context, help)
  return new RadtuneError('RT-CLI-003', {
    what: message,
    ...(context.variables.length > 0 ? { why: `from the environment: ${context.variables.join(', ')}` } : {}),
    fix: [help],
    cause: error,
  })
}

function unknownFlag(given: string, context: UsageContext, help: string): RadtuneError {
  const name = given.replace(/=.*$/, '')
  const near = nearest(
    name,
    context.flags.map((flag) => `--${flag}`),
  )
  return new RadtuneError('RT-CLI-002', {
    what: `${name} is not a flag of radtune ${context.id.replaceAll(':', ' ')}`,
    ...(near ? { why: `did you mean ${near}?` } : {}),
    fix: [help],
  })
}

function unexpectedArgument(given: string, context: UsageContext, help: string): RadtuneError {
  const prefix = `${context.id}:`
  const below = context.commandIds.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length))
  const near = nearest(given, below)
  return new RadtuneError('RT-CLI-003', {
    what: `radtune ${context.id.replaceAll(':', ' ')} takes no argument "${given}"`,
    ...(near ? { why: `did you mean radtune ${context.id.replaceAll(':', ' ')} ${near}?` } : {}),
    fix: [help],
  })
}

function isOclifError(error: Error): boolean {
  return 'oclif' in error || 'parse' in error
}

function listOf(error: Error, property: 'flags' | 'args'): string[] | undefined {
  const value: unknown = (error as unknown as Record<string, unknown>)[property]
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined
}

function plainMessage(error: Error): string {
  return (
    error.message
      .replace(/\n?See more help with --help/g, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes of the library
      .replace(/\u001b\[[0-9;]*m/g, '')
      .replace(/^The following errors? occurred:\s*/, '')
      .replace(/\s+/g, ' ')
      .trim()
  )
}
