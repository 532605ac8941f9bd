import { RadtuneError } from '@radtune/core/errors'
import { formatBytes } from '@radtune/core/units'
import type { Runtime, ServiceState, StackState } from '../ports/runtime.ts'

/** Restarts since it was launched after which a service is taken for one that will not come up. */
const GIVEN_UP_RESTARTS = 3
const LOG_LINES = 10

/**
 * The error for the first service of a stack that has failed: killed for memory (RT-UP-003), given up or restarted again and
 * again (RT-UP-004), with its last log lines; undefined when all do. `suspect` names one that says itself that it failed.
 */
export async function failedService(
  runtime: Runtime,
  stack: StackState | undefined,
  suspect?: string,
): Promise<RadtuneError | undefined> {
  if (!stack)
    return new RadtuneError('RT-UP-004', {
      what: 'the stack is gone: nothing of it runs any more',
      why: 'it was stopped from elsewhere, or its supervisor was killed',
      fix: ['radtune logs', 'radtune up'],
    })
  const killed = stack.services.find(
    (service) => service.exit?.outOfMemory && service.condition !== 'healthy',
  )
  if (killed) return killedError(killed, await lastLines(runtime, killed.name))
  const failed = stack.services.find(
    ({ name, condition, restarts }) =>
      condition === 'failed' ||
      name === suspect ||
      (condition === 'restarting' && restarts >= GIVEN_UP_RESTARTS),
  )
  return failed && failedError(failed, await lastLines(runtime, failed.name))
}

/** The last log lines of a service, oldest first; none when they cannot be read. */
export async function lastLines(runtime: Runtime, service: string): Promise<string[]> {
  const lines: string[] = []
  try {
    const query = { services: [service], lines: LOG_LINES, follow: false }
    for await (const { text } of runtime.logs(query, new AbortController().signal)) lines.push(text)
  } catch {
    // The error that is being told matters more than its logs.
  }
  return lines.slice(-LOG_LINES)
}

function killedError(service: ServiceState, logs: string[]): RadtuneError {
  return new RadtuneError('RT-UP-003', {
    what: `${service.name} is killed for memory`,
    why:
      service.reason ?? `its limit is ${formatBytes(service.limits.memoryBytes)}; ${describeExit(service)}`,
    logs,
    fix: ['radtune plan', `radtune logs ${service.name}`],
  })
}

function failedError(service: ServiceState, logs: string[]): RadtuneError {
  return new RadtuneError('RT-UP-004', {
    what: `${service.name} did not come up`,
    why: service.reason ?? describeExit(service),
    logs,
    fix: [`radtune logs ${service.name}`],
  })
}

function describeExit({ exit, condition, restarts }: ServiceState): string {
  if (!exit) return `it is ${condition}`
  const how = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`
  return restarts > 0 ? `it ended with ${how}, after ${restarts} restarts` : `it ended with ${how}`
}
