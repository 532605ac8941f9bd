import { type ErrorCode, errorCatalogue } from './catalogue.ts'

/** What a caller adds to a catalogue entry: the facts of this one occurrence. */
export interface ErrorDetails {
  /** One sentence: what happened, with the names involved. */
  what: string
  /** The evidence: a number, a log line, file:line:column. */
  why?: string
  /** Commands or edits that fix it, most likely first. Defaults to the catalogue's. */
  fix?: readonly string[]
  /** The last log lines of the service concerned, oldest first. */
  logs?: readonly string[]
  /** What is left running or changed. */
  left?: string
  /** Overrides the catalogue's exit code. */
  exitCode?: number
  cause?: unknown
}

/** The one error that radtune raises on purpose: a stable code plus the facts a person needs to act. */
export class RadtuneError extends Error {
  readonly code: ErrorCode
  readonly why: string | undefined
  readonly fix: readonly string[]
  readonly logs: readonly string[]
  readonly left: string | undefined
  readonly exitCode: number

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.what, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'RadtuneError'
    this.code = code
    this.why = details.why
    this.fix = details.fix ?? errorCatalogue[code].fix
    this.logs = details.logs ?? []
    this.left = details.left
    this.exitCode = details.exitCode ?? errorCatalogue[code].exitCode
  }
}
