import type { RadtuneError } from '@radtune/core/errors'
import { errorCatalogue } from '@radtune/core/errors'

/** The one JSON document of a command, also when it failed. `ok` is exit code 0. */
export interface Envelope {
  schema: string
  ok: boolean
  exitCode: number
  data: unknown
  warnings: readonly string[]
  error: ErrorDocument | null
}

export interface ErrorDocument {
  code: string
  title: string
  what: string
  why: string | null
  logs: readonly string[]
  fix: readonly string[]
  left: string | null
}

export function answerEnvelope(
  schema: string,
  answer: { data: unknown; exitCode: number; warnings: readonly string[] },
): Envelope {
  const { data, exitCode, warnings } = answer
  return { schema, ok: exitCode === 0, exitCode, data, warnings, error: null }
}

export function errorEnvelope(schema: string, error: RadtuneError, warnings: readonly string[]): Envelope {
  return {
    schema,
    ok: false,
    exitCode: error.exitCode,
    data: null,
    warnings,
    error: {
      code: error.code,
      title: errorCatalogue[error.code].title,
      what: error.message,
      why: error.why ?? null,
      logs: error.logs,
      fix: error.fix,
      left: error.left ?? null,
    },
  }
}
