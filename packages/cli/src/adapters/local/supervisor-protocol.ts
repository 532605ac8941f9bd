import { type ErrorCode, RadtuneError } from '@radtune/core/errors'
import type { LocalProcess } from '@radtune/core/render'
import type { RuntimeEvent, ServiceState, StackState } from '../../ports/runtime.ts'

/** One request per connection, answered by lines of JSON: events, then one result or error. */
export const PROTOCOL_VERSION = 1

export type SupervisorRequest =
  /** `again`: programs that run once and are to run again, though nothing of them differs. */
  | { kind: 'launch'; launch: unknown; processes: readonly LocalProcess[]; again?: readonly string[] }
  | { kind: 'inspect' }
  | { kind: 'stop' }

/** What a supervisor is asked to bring up. */
export type LaunchRequest = Omit<Extract<SupervisorRequest, { kind: 'launch' }>, 'kind'>

export interface SupervisorView {
  launch: unknown
  launchedAt: number
  availability?: StackState['availability']
  services: readonly ServiceState[]
}

/** What is wrong, so that the other side can throw it as its own. */
export interface CarriedError {
  code: ErrorCode
  what: string
  why?: string
  fix: readonly string[]
  logs: readonly string[]
  left?: string
  exitCode: number
}

export type SupervisorAnswer =
  | { kind: 'event'; event: RuntimeEvent }
  | { kind: 'result'; view: SupervisorView | undefined }
  | { kind: 'error'; error: CarriedError }

export type Versioned<Message> = Message & { version: number }

export function encodeMessage(message: SupervisorRequest | SupervisorAnswer): string {
  return `${JSON.stringify({ version: PROTOCOL_VERSION, ...message })}\n`
}

export function carryError(error: unknown): CarriedError {
  if (!(error instanceof RadtuneError)) {
    const message = error instanceof Error ? error.message : String(error)
    return { code: 'RT-LOCAL-009', what: `the supervisor failed: ${message}`, fix: [], logs: [], exitCode: 1 }
  }
  return {
    code: error.code,
    what: error.message,
    ...(error.why === undefined ? {} : { why: error.why }),
    fix: error.fix,
    logs: error.logs,
    ...(error.left === undefined ? {} : { left: error.left }),
    exitCode: error.exitCode,
  }
}

export function revealError(carried: CarriedError): RadtuneError {
  const { code, what, fix, ...details } = carried
  return new RadtuneError(code, { what, ...details, ...(fix.length > 0 ? { fix } : {}) })
}
