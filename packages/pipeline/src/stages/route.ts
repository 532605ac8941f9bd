import { type OutputTopic, TOPICS } from '@radtune/core/contract'
import type { Judgement } from './judgement.ts'

/** The one topic that a record which is no duplicate goes to: critical readings go to theirs instead of the normal one. */
export function routeOf(judgement: Judgement): OutputTopic {
  if (judgement.kind === 'dirty') return TOPICS.dirty
  return judgement.critical ? TOPICS.critical : TOPICS.normal
}
