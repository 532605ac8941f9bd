import type { History } from '../metrics/index.ts'
import type { StackSpec } from '../stack/index.ts'
import type { AdviceContext } from './context.ts'
import { summarise } from './windows.ts'

export interface Between {
  from: number
  to: number
}

/**
 * The mean of a measurement in (from, to]; undefined where it is not known. `cost` is worked out: CPU microseconds of the named
 * workers for each record that they processed.
 */
export function measuredMean(
  history: History,
  metric: string,
  { between, workers }: { between: Between; workers: readonly string[] },
): number | undefined {
  if (metric !== 'cost') {
    const { values } = history.values(metric, between)
    return values.length === 0 ? undefined : summarise(values).average
  }
  const perSecond = measuredMean(history, 'out', { between, workers })
  const cores = workers.map((worker) => measuredMean(history, `cores/${worker}`, { between, workers }))
  if (!perSecond || cores.length === 0) return undefined
  const sum = cores.reduce<number | undefined>(
    (total, one) => (total === undefined || one === undefined ? undefined : total + one),
    0,
  )
  return sum === undefined ? undefined : (sum * 1_000_000) / perSecond
}

/** CPU microseconds of the workers for each record over the last windows; undefined where it is not known. */
export function costPerRecord(context: AdviceContext): number | undefined {
  const { evaluator, now, settings, spec } = context
  return measuredMean(evaluator.history, 'cost', {
    between: { from: now - settings['advice.windows'] * settings['advice.window'], to: now },
    workers: workerNames(spec),
  })
}

/** All workers of a plan: one without a slot costs CPU too. */
export function workerNames({ services }: Pick<StackSpec, 'services'>): string[] {
  return services.filter(({ role }) => role === 'worker').map(({ name }) => name)
}
