import { RadtuneError } from '@radtune/core/errors'
import { nearest } from '@radtune/core/settings'
import type { LogLine, LogQuery } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'

export type LogsAnswer =
  | { kind: 'no-stack' }
  | { kind: 'lines'; services: readonly string[]; lines: AsyncIterable<LogLine> }

/**
 * Opens the logs of some services of the stack that runs, or of the last one; of all when none is named. Throws RT-CLI-020 for
 * a name that is none of its services.
 */
export async function readLogs(
  { runtime, project }: Pick<StackWorld, 'runtime' | 'project'>,
  query: LogQuery,
  signal: AbortSignal,
): Promise<LogsAnswer> {
  const launch = (await runtime.inspect())?.launch ?? (await project.readLaunch())
  if (!launch) return { kind: 'no-stack' }
  const services = launch.spec.services.map(({ name }) => name)
  for (const name of query.services) if (!services.includes(name)) throw unknownService(name, services)
  const wanted = query.services.length > 0 ? [...new Set(query.services)] : services
  return { kind: 'lines', services: wanted, lines: runtime.logs({ ...query, services: wanted }, signal) }
}

function unknownService(name: string, services: readonly string[]): RadtuneError {
  const meant = nearest(name, services)
  return new RadtuneError('RT-CLI-020', {
    what: `there is no service "${name}"${meant ? `; did you mean ${meant}?` : ''}`,
    why: `the services are ${services.join(', ')}`,
    fix: [meant ? `radtune logs ${meant}` : 'radtune logs'],
  })
}
