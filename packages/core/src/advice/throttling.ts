import type { AdviceContext } from './context.ts'
import { printFigure } from './print-figure.ts'
import { lastWindows, type Missing, mostWindows, type Told } from './windows.ts'

/** Whether a CPU limit holds a service back, over the last windows, with a sentence. */
export type Throttling =
  | { known: true; isHeld: true; told: Told; sentence: string }
  | { known: true; isHeld: false; sentence: string }
  | Missing

/** Whether a service is throttled in more of its CPU periods than the target. A limit that is not enforced holds nobody back. */
export function throttlingOf(context: AdviceContext, service: string): Throttling {
  const { services } = context.evaluation
  const seen = services.known ? services.value.find(({ name }) => name === service) : undefined
  if (seen && !seen.limits.enforced)
    return { known: true, isHeld: false, sentence: `the CPU limit of ${service} is not enforced` }
  const told = lastWindows(context, `throttled/${service}`)
  if (!told.known) return told
  const sentence = `${service} is throttled in ${printFigure(told.whole.average, 'share')} of its CPU periods`
  return mostWindows(told, ({ average }) => average > context.evaluator.targets.throttledShare)
    ? { known: true, isHeld: true, told, sentence }
    : { known: true, isHeld: false, sentence }
}
