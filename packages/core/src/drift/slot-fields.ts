import type { WorkerSample } from '../contract/index.ts'
import type { Reading } from '../metrics/index.ts'
import { type ServiceSpec, slotYoungBytes, splitWorkerHeap } from '../stack/index.ts'
import type { ComparedSource } from './compare-fields.ts'
import { bytesField, type FieldOf, textField } from './field.ts'

/** V8 rounds. */
const TOLERANCE = 0.05

/**
 * The slots of a worker as its threads are: how many, and the limit of the heap of each as V8 reports it. With fewer slots than
 * it was started with, a worker keeps the heaps that it began with; `startSlots` is how many that were, where it is known.
 */
export function slotsSource(
  worker: ServiceSpec,
  { sample, startSlots }: { sample: Reading<WorkerSample>; startSlots: number | undefined },
): ComparedSource {
  const { name, heapBytes = 0, slots = 0 } = worker
  const of = (what: string): FieldOf => ({ path: `${name}.${what}`, class: 'heap', service: name })
  const { slotBytes } = splitWorkerHeap(heapBytes, Math.max(1, slots, startSlots ?? 0))
  const limits = sample.known ? sample.value.slots.map(({ heapLimitBytes }) => heapLimitBytes) : []
  const slotHeap = { ...of('slotHeap'), tolerance: TOLERANCE }
  const compared = sample.known && limits.length > 0
  return {
    kind: 'services',
    name: `slots of ${name}`,
    wanted: [
      textField({ ...of('slots'), class: 'setting' }, String(slots)),
      ...(compared || !sample.known ? [bytesField(slotHeap, slotBytes + slotYoungBytes)] : []),
    ],
    found: sample.known
      ? {
          state: 'read',
          fields: [
            textField({ ...of('slots'), class: 'setting' }, String(limits.length)),
            ...(compared ? [bytesField(slotHeap, furthest(limits, slotBytes + slotYoungBytes))] : []),
          ],
        }
      : { state: 'unchecked', why: sample.why },
    noEffect: [],
  }
}

/** Of several amounts the one that differs most from what is wanted. */
function furthest(amounts: readonly number[], wanted: number): number {
  return amounts.reduce((far, one) => (Math.abs(one - wanted) > Math.abs(far - wanted) ? one : far))
}
