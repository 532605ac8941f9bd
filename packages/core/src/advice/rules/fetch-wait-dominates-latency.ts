import { formatBytes, formatDuration } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { fetchingOf } from '../fetching.ts'
import { type Proposed, proposeStep } from '../propose-step.ts'
import { found, notEnough, quiet, type Rule } from '../rule.ts'
import { lastWindows, type Told } from '../windows.ts'

/** Readings wait at the broker until enough of them are there. */
export const fetchWaitDominatesLatency: Rule = {
  id: 'fetch-wait-dominates-latency',
  title: 'Fetches wait for more bytes than come in time',
  guidelines: [14],
  needs: { window: 'windows', readings: ['in', 'out', 'fetch.bytes', 'p99'] },
  evaluate(context) {
    const { settings, latencyMs } = { settings: context.spec.settings, ...context.evaluator.targets }
    const minBytes = settings['consumer.fetchMinBytes'].value
    if (minBytes <= 1) return quiet('a fetch waits for one byte only')
    const fetching = fetchingOf(context)
    if (!fetching.known) return notEnough(fetching)
    const fillMs = (1000 * minBytes) / fetching.bytesPerPartition
    const waitMs = Math.min(fillMs, settings['consumer.fetchMaxWait'].value)
    const said = `a partition fills ${formatBytes(minBytes)} in ${formatDuration(fillMs)}, so a fetch waits ${formatDuration(waitMs)}`
    if (waitMs <= context.settings['advice.fetchWaitShare'] * latencyMs) return quiet(said)
    const p99 = lastWindows(context, 'p99')
    if (!p99.known) return notEnough(p99)
    return found({
      rule: 'fetch-wait-dominates-latency',
      severity: p99.whole.average > latencyMs ? 'critical' : 'warn',
      subject: 'workers',
      sentence: `${said}, of the ${formatDuration(latencyMs)} that a record may take`,
      evidence: [
        {
          name: 'bytes into a partition',
          value: fetching.bytesPerPartition,
          unit: 'bytesPerSecond',
          windowMs: fetching.windowMs,
        },
        { name: 'wait of a fetch', value: waitMs, unit: 'ms', windowMs: fetching.windowMs },
        { name: 'p99', value: p99.whole.average, unit: 'ms', windowMs: p99.windowMs },
      ],
      stage: 'workers',
      ...propose(context, { minBytes, waitMs, p99, said }),
    })
  },
}

function propose(
  context: AdviceContext,
  { minBytes, waitMs, p99, said }: { minBytes: number; waitMs: number; p99: Told; said: string },
): Proposed {
  const from = p99.whole.average
  const least = Math.min(from, 5)
  return proposeStep(context, 'fetch-wait-dominates-latency', {
    changes: [{ key: 'consumer.fetchMinBytes', from: minBytes, to: 1 }],
    stage: 'workers',
    why: `${said}: with 1 byte none waits while records are there`,
    expected: [
      {
        metric: 'p99',
        unit: 'ms',
        better: 'lower',
        from,
        low: Math.max(least, from - waitMs),
        high: Math.max(least, from - waitMs / 2),
      },
    ],
    cost: 'more fetches',
  })
}
