import { formatDuration } from '../units/index.ts'
import type { AdviceContext } from './context.ts'
import { lastWindows, type Missing, mostWindows } from './windows.ts'

/** Whether somebody waits for the pipeline, in a sentence; or why that cannot be told. */
export type Suffering = { known: true; suffers: boolean; sentence: string } | Missing

/** Whether records pile up or arrive late: what a busy or throttled service costs. */
export function sufferingOf(context: AdviceContext): Suffering {
  const { evaluation, evaluator } = context
  const { lag, drain } = evaluation.flow
  if (evaluation.bottleneck.stage !== null)
    return { known: true, suffers: true, sentence: evaluation.bottleneck.sentence }
  if (drain.kind === 'never' || (lag.state !== null && lag.state !== 'ok'))
    return { known: true, suffers: true, sentence: 'records wait for it' }
  const p99 = lastWindows(context, 'p99')
  if (!p99.known) return p99
  const target = evaluator.targets.latencyMs
  const late = mostWindows(p99, ({ average }) => average > target)
  const sentence = `p99 ${formatDuration(p99.whole.average)} against ${formatDuration(target)}`
  if (late) return { known: true, suffers: true, sentence }
  if (!lag.now.known) return { known: false, why: `lag: ${lag.now.why}`, enoughAt: null }
  return { known: true, suffers: false, sentence }
}

/** Whether what piled up is being worked off: nothing is taken away meanwhile. Also true while it cannot be told. */
export function mayBeCatchingUp({ evaluation }: AdviceContext): boolean {
  const { kind } = evaluation.flow.drain
  return kind === 'drains' || kind === 'unknown'
}
