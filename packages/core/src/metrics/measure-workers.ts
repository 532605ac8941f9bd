import type { SlotStats } from '../contract/index.ts'
import type { Measuring } from './measure.ts'
import { finite } from './rate.ts'
import { mapReading, type Reading, unknown } from './reading.ts'
import type { Snapshot } from './snapshot.ts'

/** A slot by the worker that it belongs to. */
export interface NamedSlot extends SlotStats {
  worker: string
}

/** All slots of all workers; unknown when one worker does not answer, for a mean over the others would hide it. */
export function slotsOf({ workers }: Snapshot): Reading<NamedSlot[]> {
  const slots: NamedSlot[] = []
  let at = Number.POSITIVE_INFINITY
  for (const { service, sample } of workers) {
    if (!sample.known) return unknown(`${service}: ${sample.why}`)
    at = Math.min(at, sample.at)
    slots.push(...sample.value.slots.map((slot) => ({ ...slot, worker: service })))
  }
  return workers.length === 0 ? unknown('no worker is known') : { known: true, value: slots, at }
}

/** How busy slots are, by themselves and on average, what they spend it on, and how evenly records are shared out; heaps in bytes. */
export function measureWorkers(snapshot: Snapshot, { set }: Measuring): void {
  for (const { service, sample } of snapshot.workers) {
    set(
      `rate/${service}`,
      mapReading(sample, ({ slots }) => total(slots, ({ recordsPerSecond }) => recordsPerSecond)),
    )
    set(
      `sent/${service}`,
      mapReading(sample, ({ slots }) => total(slots, ({ produce }) => produce.records)),
    )
    set(
      `gc/${service}`,
      mostOf(sample, ({ gcMs }) => gcMs / 1000, 'it has no slot'),
    )
    if (!sample.known) continue
    for (const slot of sample.value.slots) {
      set(`heap/${service}/${slot.slot}`, finite(slot.heapUsedBytes, sample.at))
      set(`busy/${service}/${slot.slot}`, finite(slot.busyMs / 1000, sample.at))
      set(`waiting/${service}/${slot.slot}`, finite(slot.backPressuredMs / 1000, sample.at))
    }
  }
  const slots = slotsOf(snapshot)
  set(
    'slots',
    meanOver(slots, ({ busyMs }) => busyMs / 1000),
  )
  set(
    'slots.waiting',
    meanOver(slots, ({ backPressuredMs }) => backPressuredMs / 1000),
  )
  for (const stage of ['parse', 'validate', 'deduplicate', 'route', 'serialise'] as const)
    set(
      `stage/${stage}`,
      meanOver(slots, ({ stageMs }) => stageMs[stage] / 1000),
    )
  set('balance', balanceOf(slots))
  measureTransfers(slots, set)
}

/** What slots fetch and produce, and how late the latest records reach them. */
function measureTransfers(slots: Reading<NamedSlot[]>, set: Measuring['set']): void {
  for (const direction of ['fetch', 'produce'] as const)
    set(
      `${direction}.bytes`,
      mapReading(slots, (all) => total(all, (slot) => slot[direction].bytes)),
    )
  set(
    'fetch.fill',
    perFetch(slots, ({ fetch }) => fetch.fill * fetch.batches),
  )
  set(
    'fetch.records',
    perFetch(slots, ({ fetch }) => fetch.records),
  )
  const measured = mapReading(slots, (all) => all.flatMap(({ arrival }) => arrival.p99Ms ?? []))
  set(
    'arrival',
    measured.known && measured.value.length === 0
      ? unknown('nothing was measured just now')
      : mapReading(measured, (all) => Math.max(...all)),
  )
}

function perFetch(slots: Reading<NamedSlot[]>, of: (slot: NamedSlot) => number): Reading<number> {
  if (!slots.known) return slots
  const fetches = total(slots.value, ({ fetch }) => fetch.batches)
  return fetches > 0 ? finite(total(slots.value, of) / fetches, slots.at) : unknown('nothing was fetched')
}

function mostOf(
  sample: Snapshot['workers'][number]['sample'],
  of: (slot: SlotStats) => number,
  none: string,
): Reading<number> {
  if (!sample.known) return sample
  if (sample.value.slots.length === 0) return unknown(none)
  return finite(Math.max(...sample.value.slots.map(of)), sample.at)
}

function meanOver(slots: Reading<NamedSlot[]>, of: (slot: NamedSlot) => number): Reading<number> {
  if (!slots.known) return slots
  if (slots.value.length === 0) return unknown('there is no slot')
  return finite(total(slots.value, of) / slots.value.length, slots.at)
}

/** The records of the fastest slot over the mean of all: 1 is even, 2 is twice its share. */
function balanceOf(slots: Reading<NamedSlot[]>): Reading<number> {
  const mean = meanOver(slots, ({ recordsPerSecond }) => recordsPerSecond)
  if (!slots.known || !mean.known) return mean
  if (mean.value <= 0) return unknown('no records flow')
  return finite(
    Math.max(...slots.value.map(({ recordsPerSecond }) => recordsPerSecond)) / mean.value,
    slots.at,
  )
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0)
}
