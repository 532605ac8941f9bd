import { setImmediate } from 'node:timers/promises'
import {
  createContext,
  evaluateRules,
  judge,
  planAsSeen,
  type RuleState,
  rules,
  type SeenStack,
} from '@radtune/core/advice'
import type { LiveSystem } from '@radtune/core/contract'
import { type Evaluator, known } from '@radtune/core/metrics'

/** What the tuning rules find of what is seen. Between two rules others get their turn: readings must not wait for advice. */
export async function judgeRules(
  evaluator: Evaluator,
  { seen, now }: { seen: SeenStack; now: number },
): Promise<NonNullable<LiveSystem['advice']>> {
  const context = createContext(evaluator, {
    spec: planAsSeen(seen),
    now,
    // Both runtimes put all services on one machine.
    facts: { interfaceBytesPerSecond: known(Number.POSITIVE_INFINITY, now) },
  })
  const results: RuleState[] = []
  for (const rule of rules) {
    results.push(...evaluateRules(context, [rule]))
    await setImmediate()
  }
  const { findings, undecided } = judge(context, { results })
  const waiting = undecided.find(({ enoughAt }) => enoughAt !== null)
  const blind = undecided.find(({ enoughAt }) => enoughAt === null)
  return {
    findings: findings.map(({ sentence }) => sentence),
    undecided: undecided.length,
    why: (waiting ?? blind)?.missing ?? null,
  }
}
