import type { Trace } from '../services/trace-record.ts'

/** `data` of radtune.trace/1. */
export interface TraceData {
  partition: number
  offset: number
  key: string | null
  /** The value as published; base64 when it is not UTF-8 text. */
  value: string | null
  valueEncoding: 'utf-8' | 'base64'
  row: string | null
  outcome: {
    kind: Trace['outcome']['kind']
    /** Where it went; null when it is in no output. */
    topic: string | null
    offset: number | null
    level: string | null
    critical: boolean | null
    /** Why it is in `dirty-data`. */
    reason: string | null
    detail: string | null
    /** Why it is not processed, or why that cannot be told. */
    why: string | null
  }
  stages: readonly { stage: string; verdict: string; detail: string | null }[]
  times: readonly { event: string; at: string | null; afterMs: number | null }[]
}

export function traceData({ place, record, row, outcome, stages, times }: Trace): TraceData {
  const text = utf8Of(record.value)
  return {
    ...place,
    key: record.key,
    value: text ?? (record.value && Buffer.from(record.value).toString('base64')),
    valueEncoding: text === undefined ? 'base64' : 'utf-8',
    row: row ?? null,
    outcome: {
      kind: outcome.kind,
      topic: 'topic' in outcome ? outcome.topic : null,
      offset: 'record' in outcome ? outcome.record.offset : null,
      level: outcome.kind === 'kept' ? outcome.reading.level : null,
      critical: outcome.kind === 'kept' ? outcome.reading.critical : null,
      reason: outcome.kind === 'dirty' ? outcome.reject.reason : null,
      detail: outcome.kind === 'dirty' ? outcome.reject.detail : null,
      why: 'why' in outcome ? outcome.why : null,
    },
    stages: stages.map(({ stage, verdict, detail }) => ({ stage, verdict, detail: detail || null })),
    times: times.map(({ event, at, afterMs }) => ({
      event,
      at: at === undefined ? null : new Date(at).toISOString(),
      afterMs: afterMs ?? null,
    })),
  }
}

/** The value as text: null where there is none, undefined where it is not UTF-8. */
export function utf8Of(value: Uint8Array | null): string | null | undefined {
  if (value === null) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return undefined
  }
}
