import { join } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import type { World } from './world.ts'

/** Writes a report about an error that nobody planned for, secrets removed, and returns what to tell the user. */
export async function reportUnexpected(
  error: unknown,
  { world, argv, version }: { world: World; argv: readonly string[]; version: string },
): Promise<RadtuneError> {
  const at = new Date(world.clock.now()).toISOString()
  const hide = (text: string) => withoutSecrets(text, world.environment)
  const summary = hide(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  const report = [
    `radtune ${version} on Node ${process.version}, ${process.platform} ${process.arch}, at ${at}`,
    `command: radtune ${argv.join(' ')}`,
    `folder: ${world.workingDir}`,
    '',
    describeError(error),
    '',
  ].join('\n')
  const path = join(world.stateDir, 'reports', `${at.replace(/[:.]/g, '-')}.txt`)
  const written = await world.files.write(path, hide(report), { secret: true }).then(
    () => true,
    () => false,
  )
  return new RadtuneError('RT-CLI-005', {
    what: summary.split('\n')[0] || 'an error without a message',
    why: written ? `the details are in ${path}` : `a report could not be written to ${path}`,
    fix: written ? [`less ${path}`] : [],
    cause: error,
  })
}

/**
 * Replaces what looks secret: values of environment variables with a telling name, passwords in addresses, and values
 * after words such as token= or password:.
 */
export function withoutSecrets(text: string, environment: World['environment']): string {
  let clean = text
    .replace(/(\w+:\/\/)[^\s/:@]+:[^\s/@]+@/g, '$1***@')
    .replace(
      /((?:token|secret|passw(?:or)?d|api[-_]?key|authorization)["']?\s*[=:]\s*["']?)(?:bearer\s+)?[^\s"',;&]+/gi,
      '$1***',
    )
  for (const [name, value] of Object.entries(environment)) {
    if (value && value.length >= 6 && /TOKEN|SECRET|PASSW|KEY|AUTH|CREDENTIAL|COOKIE/i.test(name)) {
      clean = clean.replaceAll(value, '***')
    }
  }
  const home = environment.HOME
  return home && home.length > 1 ? clean.replaceAll(home, '~') : clean
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`
}
