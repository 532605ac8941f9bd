import { type DirtyRecord, type ProcessedReading, TOPICS } from '@radtune/core/contract'
import { formatCount } from '@radtune/core/units'
import type { TraceOutcome } from './trace-outcome.ts'

const TRACE_STAGES = ['parse', 'validate', 'deduplicate', 'classify', 'route'] as const

export interface StageReport {
  stage: (typeof TRACE_STAGES)[number]
  /** `untold` where nothing says so, `skipped` where an earlier stage had decided. */
  verdict: 'passed' | 'rejected' | 'dropped' | 'skipped' | 'waiting' | 'untold'
  /** A few words, or nothing to say. */
  detail: string
}

type StageSaying = Omit<StageReport, 'stage'>

/**
 * Tells what each stage of the worker said about a record, from where the record ended. `windowOffsets` is the duplicate window
 * in input offsets.
 */
export function stagesOf(outcome: TraceOutcome, windowOffsets: number): StageReport[] {
  const sayings = sayingsOf(outcome, `the previous ${formatCount(windowOffsets)} offsets`)
  return TRACE_STAGES.map((stage, index) => ({ stage, ...(sayings[index] as StageSaying) }))
}

function sayingsOf(outcome: TraceOutcome, window: string): StageSaying[] {
  switch (outcome.kind) {
    case 'kept': {
      const { reading, topic, record } = outcome
      return [
        PARSED,
        passed(validText(reading)),
        passed(`not seen in ${window}`),
        passed(levelText(reading)),
        passed(`to ${topic}, offset ${record.offset}`),
      ]
    }
    case 'dirty':
      return [...rejectedBy(outcome.reject), passed(`to ${TOPICS.dirty}, offset ${outcome.record.offset}`)]
    case 'duplicate':
      return [
        PARSED,
        passed('every rule'),
        { verdict: 'dropped', detail: `the same reading came in ${window}; it is written nowhere` },
        SKIPPED,
        SKIPPED,
      ]
    case 'waiting':
      return TRACE_STAGES.map(() => ({ verdict: 'waiting', detail: '' }))
    case 'unknown':
      return TRACE_STAGES.map(() => UNTOLD)
  }
}

const PARSED: StageSaying = { verdict: 'passed', detail: 'a JSON object' }
const SKIPPED: StageSaying = { verdict: 'skipped', detail: '' }
const UNTOLD: StageSaying = { verdict: 'untold', detail: '' }

function passed(detail: string): StageSaying {
  return { verdict: 'passed', detail }
}

/** What the four stages before the route said about a record in `dirty-data`. */
function rejectedBy({ reason, detail }: Pick<DirtyRecord, 'reason' | 'detail'>): StageSaying[] {
  const rejected: StageSaying = { verdict: 'rejected', detail: `${reason}: ${detail}` }
  switch (reason) {
    case 'json':
      return [rejected, SKIPPED, SKIPPED, SKIPPED]
    case 'internal':
      return [{ verdict: 'untold', detail: `a stage failed: ${detail}` }, UNTOLD, UNTOLD, UNTOLD]
    default:
      return [PARSED, rejected, SKIPPED, SKIPPED]
  }
}

function validText({ value, latitude, longitude, flags }: ProcessedReading): string {
  const converted = flags?.includes('converted') ? ', converted from sieverts' : ''
  return `${formatCount(value)} cpm at ${latitude}, ${longitude}${converted}`
}

function levelText({ level, usvh, critical }: ProcessedReading): string {
  return `${level}, ${usvh} µSv/h${critical ? ', critical' : ''}`
}
