import { ENVIRONMENT } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { settingEnvironmentName } from '@radtune/core/settings'
import { shareSlots } from '@radtune/core/stack'

/** What part of the slots of the pipeline a worker runs, and how much heap it has for them. */
export interface WorkerShare {
  /** From 0, of `workers`. */
  index: number
  workers: number
  /** Slots over all workers at the start. */
  startTotal: number
  /** Slots that the worker starts with, and the V8 heap of each. */
  startSlots: number
  slotHeapBytes: number
}

/** Reads `2/3` of RADTUNE_WORKER_SHARE (without it the worker is the only one) and the total. Throws RT-SET-001. */
export function readWorkerShare(
  environment: Readonly<Record<string, string | undefined>>,
  start: Pick<WorkerShare, 'startSlots' | 'slotHeapBytes'>,
): WorkerShare {
  const text = environment[ENVIRONMENT.workerShare] ?? '1/1'
  const [, number, workers] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? []
  if (number === undefined || workers === undefined || Number(number) > Number(workers))
    throw new RadtuneError('RT-SET-001', {
      what: `${ENVIRONMENT.workerShare}=${text} is not a share like 1/2`,
    })
  const total = environment[settingEnvironmentName('pipeline.parallelism')]
  const startTotal = total === undefined ? start.startSlots * Number(workers) : Number(total)
  return { index: Number(number) - 1, workers: Number(workers), startTotal, ...start }
}

/** Slots of this worker when there are `total` over all workers: shared out as the plan does. */
export function slotsOfShare(total: number, { index, workers }: WorkerShare): number {
  return shareSlots(total, workers)[index] ?? 0
}

/** Heap of each of `slots` slots: what the worker started with, shared out anew when they become more. */
export function slotHeapOfShare(slots: number, { startSlots, slotHeapBytes }: WorkerShare): number {
  const slotsPlanned = Math.max(1, startSlots)
  return Math.floor((slotHeapBytes * slotsPlanned) / Math.max(slotsPlanned, slots))
}
