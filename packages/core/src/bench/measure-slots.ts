import { trueRatePerSlot } from '../advice/index.ts'
import type { History, Snapshot } from '../metrics/index.ts'
import type { CalibrationPoint } from './calibration.ts'
import { costIn, figureIn, meanIn, othersIn, type Window } from './measure-step.ts'

/** Slots that are busy for less of their time say more about batches than about themselves. */
const LEAST_BUSY = 0.02

/** What a window with one number of slots came to; null where it was not told, or slots were all but idle. */
export function measureSlots(
  history: History,
  {
    snapshot,
    window,
    load,
    workers,
  }: {
    /** At the end of the window. */
    snapshot: Snapshot
    window: Window
    load: { slots: number; perSecond: number }
    workers: readonly string[]
  },
): CalibrationPoint {
  const { slots, perSecond: asked } = load
  const over = (metric: string) => figureIn(window, (part) => meanIn(history, metric, part))
  return {
    slots,
    perSecond: asked,
    in: over('in'),
    out: over('out'),
    busy: over('slots'),
    truePerSlot: figureIn(window, (part) => {
      const perSecond = meanIn(history, 'out', part)
      const busyShare = meanIn(history, 'slots', part)
      if (perSecond === undefined || busyShare === undefined || busyShare < LEAST_BUSY) return undefined
      return trueRatePerSlot({ perSecond, slots, busyShare })
    }),
    brokerCpu: figureIn(window, (part) => costIn(history, { names: ['kafka'], per: 'in', part })),
    workerCpu: figureIn(window, (part) => costIn(history, { names: workers, per: 'out', part })),
    others: figureIn(window, (part) => othersIn(history, snapshot, part)),
  }
}
