import type { Rule, Step } from '@radtune/core/advice'
import { adviseStack } from '../../packages/cli/src/services/advise-stack.ts'
import { runStep, type StepOutcome } from '../../packages/cli/src/services/run-step.ts'
import { steppingIn } from '../../packages/cli/test/stepping.ts'

const BELIEF = 'larger fetches make readings faster'
const MEASURED_MS = 10_000

/** Arguments of `radtune up` for a stack that shows it: few records, so that larger fetches have to wait for them. */
export const WRONG_STACK = ['--rate', '200', '--set', 'consumer.fetchMaxWait=2s']

/** A rule that is wrong about the world. It has the id of the one whose place it takes: ids are permanent, and of real rules. */
const largerFetchesAreFaster: Rule = {
  id: 'latency-high',
  title: BELIEF,
  guidelines: [],
  needs: { window: 'windows', readings: ['p99'] },
  evaluate({ evaluator, now }) {
    const { values } = evaluator.history.values('p99', { from: now - MEASURED_MS, to: now })
    if (values.length === 0) return { state: 'not-enough-data', missing: 'p99', enoughAt: now + MEASURED_MS }
    const p99 = values.reduce((sum, value) => sum + value, 0) / values.length
    const step: Step = {
      rule: 'latency-high',
      effect: 'live',
      changes: [{ key: 'consumer.fetchMinBytes', from: 1, to: 4096 }],
      stage: 'workers',
      why: BELIEF,
      expected: [{ metric: 'p99', unit: 'ms', better: 'lower', from: p99, low: 0, high: 0.9 * p99 }],
      cost: 'nothing restarts',
    }
    return {
      state: 'finding',
      findings: [
        {
          rule: 'latency-high',
          severity: 'warn',
          subject: 'stack',
          sentence: BELIEF,
          evidence: [{ name: 'p99', value: p99, unit: 'ms', windowMs: MEASURED_MS }],
          stage: 'workers',
          steps: [step],
          kept: [],
        },
      ],
    }
  },
}

/** What `radtune advise --apply` would do in a project if it had that rule alone. */
export async function adviseWrongly(
  project: string,
  { verifyMs }: { verifyMs: number },
): Promise<StepOutcome> {
  const stepping = await steppingIn(project, ({ stackWorld }) => stackWorld(project, 'local'), {
    intervalMs: 500,
    verifyMs,
  })
  const { observer, journal, applying } = stepping
  try {
    const { advice } = await adviseStack(applying.world, observer, {
      request: { forMs: MEASURED_MS, only: [largerFetchesAreFaster] },
      journal,
      signal: applying.signal,
      onSample: () => undefined,
    })
    if (!advice.next) throw new Error(`no step: ${advice.holds ?? JSON.stringify(advice.undecided)}`)
    const step = { step: advice.next, finding: advice.findings[0], by: 'a rule that is wrong' }
    return await runStep(stepping, step)
  } finally {
    await observer.close()
  }
}
