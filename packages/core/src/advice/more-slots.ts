import {
  bytesOfTenths,
  type ServiceSpec,
  type StackSpec,
  shareSlots,
  splitWorkerHeap,
  sumCpus,
  workerRules,
} from '../stack/index.ts'
import { formatCount, formatDuration } from '../units/index.ts'
import { type AdviceContext, workersWithSlots } from './context.ts'
import { NOTHING, type Proposed, proposeStep } from './propose-step.ts'
import type { Expectation } from './rule.ts'
import { coefficientRange } from './scaling-coefficient.ts'
import { clearFrom } from './settling.ts'
import { divisorsOf, growSlots, isOverloaded } from './slots-for.ts'
import { capacityOf, requiredRate, trueRatePerSlot } from './true-rate.ts'
import { lastWindows } from './windows.ts'

/** What has been measured of the slots, all together. */
interface Load {
  inPerSecond: number
  outPerSecond: number
  lagRecords: number
  busyShare: number
}

/** The most slots that the workers can live with, within their floors of CPU, memory and heap. */
export function mostSlots({ services, settings }: Pick<StackSpec, 'services' | 'settings'>): number {
  const workers = services.filter(({ role }) => role === 'worker')
  const partitions = settings['topics.radiation-data.partitions'].value
  const holding = divisorsOf(partitions).filter((total) =>
    shareSlots(total, workers.length).every((slots, index) => holds(workers[index] as ServiceSpec, slots)),
  )
  return holding.at(-1) ?? 0
}

function holds({ cpus, memoryBytes, heapBytes = 0 }: ServiceSpec, slots: number): boolean {
  const { floorCpusPerSlot, floorTenths, floorTenthsPerSlot, floorSlotHeapBytes } = workerRules
  return (
    slots === 0 ||
    (floorCpusPerSlot * slots <= cpus &&
      bytesOfTenths(floorTenths + floorTenthsPerSlot * slots) <= memoryBytes &&
      splitWorkerHeap(heapBytes, slots).slotBytes >= floorSlotHeapBytes)
  )
}

/**
 * More slots, for what comes in and what waits: the fewest that can do (input + lag ÷ catch-up time) ÷ utilisation, up to the
 * partitions, to what the workers can live with and to what their CPU carries. At the partitions: twice as many of those.
 */
export function proposeMoreSlots(context: AdviceContext, load: Load): Proposed {
  const { spec, settings, calibration } = context
  const current = spec.settings['pipeline.parallelism'].value
  const partitions = spec.settings['topics.radiation-data.partitions'].value
  const { outPerSecond: perSecond, busyShare } = load
  const perSlot = trueRatePerSlot({ perSecond, slots: current, busyShare })
  if (perSlot === undefined) return NOTHING
  const required = requiredRate({
    inPerSecond: load.inPerSecond,
    lagRecords: load.lagRecords,
    catchUpMs: settings['advice.catchUp'],
    utilisation: settings['advice.utilisation'],
  })
  const demand = required * settings['advice.utilisation']
  if (!isOverloaded({ demand, capacity: perSlot * current })) return NOTHING
  if (current >= partitions) return proposeMorePartitions(context, { partitions, required, perSlot })
  const range = coefficientRange(calibration?.observations ?? [])
  const worth =
    calibration && range.low === range.high
      ? ` (what more slots are worth, ${range.low.toFixed(2)}, is ${calibration.sentence})`
      : ''
  const ofMachine = rateOfMachine(context, perSecond)
  const capacity = (coefficient: number) => (slots: number) =>
    Math.min(ofMachine, capacityOf(slots, { perSlot, measuredAt: current, coefficient }))
  const most = Math.min(mostSlots(spec), slotsOfCpu(context, current))
  const to = growSlots({ current, partitions, most, required, capacity: capacity(range.low) })
  if (to === undefined) return NOTHING
  const [low, high] = [capacity(range.low)(to), capacity(range.high)(to)]
  const bound = high === ofMachine ? ', for which the machine has CPU' : ''
  return proposeStep(context, 'throughput-low', {
    changes: [{ key: 'pipeline.parallelism', from: current, to }],
    stage: 'workers',
    why: `a slot can do ${perS(perSlot)} (${perS(perSecond)} ÷ ${current} ÷ ${Math.round(busyShare * 100)} % busy); (${perS(load.inPerSecond)} + ${count(load.lagRecords)} waiting ÷ ${formatDuration(settings['advice.catchUp'])}) ÷ ${settings['advice.utilisation']} = ${perS(required)} are needed, and ${to} slots do ${perS(low)} to ${perS(high)}${bound}${drainSentence(load, { low, high })}${worth}`,
    expected: expectedOf(context, { load, low, high }),
    cost: 'partitions are dealt out again once',
  })
}

function proposeMorePartitions(
  context: AdviceContext,
  { partitions, required, perSlot }: { partitions: number; required: number; perSlot: number },
): Proposed {
  return proposeStep(context, 'throughput-low', {
    changes: [{ key: 'topics.radiation-data.partitions', from: partitions, to: 2 * partitions }],
    stage: 'workers',
    why: `every partition has a slot of its own already, each can do ${perS(perSlot)}, and ${perS(required)} are needed`,
    expected: [],
    cost: 'records of one place change their partition: duplicates are not seen across it',
  })
}

/** CPUs that the workers with slots use; undefined where that is not known. */
function coresOfWorkers(context: AdviceContext): number | undefined {
  const cores = workersWithSlots(context).map(({ name }) => lastWindows(context, `cores/${name}`))
  const used = cores.reduce((sum, told) => sum + (told.known ? told.whole.average : 0), 0)
  return used <= 0 || cores.some((told) => !told.known) ? undefined : used
}

/**
 * Records per second for which the machine has CPU: those of now, and at the same cost with what is idle. Other programs keep what
 * they use. Infinite where that is not known.
 */
function rateOfMachine(context: AdviceContext, perSecond: number): number {
  const host = lastWindows(context, 'host.cpu')
  const { host: machine } = context.snapshot
  const used = coresOfWorkers(context)
  if (!host.known || !machine.known || used === undefined) return Number.POSITIVE_INFINITY
  const idle = machine.value.cpus * Math.max(0, 1 - host.whole.average)
  return perSecond * (1 + idle / used)
}

/** Slots whose CPU, at what a busy one takes now, stays under the critical share of the limits. */
function slotsOfCpu(context: AdviceContext, current: number): number {
  const used = coresOfWorkers(context)
  if (used === undefined) return current
  const all = context.spec.services.filter(({ role }) => role === 'worker')
  const limit = sumCpus(all.map(({ cpus }) => cpus)) * context.evaluator.targets.criticalShare
  return Math.floor((limit / used) * current)
}

/** While records wait, what comes out is what slots can do; after that, what comes in. */
function expectedOf(
  { settings }: AdviceContext,
  { load, low, high }: { load: Load; low: number; high: number },
): Expectation[] {
  const { inPerSecond, outPerSecond, lagRecords } = load
  const [settleS, verifyS] = [clearFrom(0, settings) / 1000, settings['advice.verify'] / 1000]
  const outAt = (capacity: number) => {
    const waiting = Math.max(0, lagRecords - (capacity - inPerSecond) * settleS)
    return Math.min(capacity, inPerSecond + waiting / verifyS)
  }
  // The more slots can do the sooner nothing waits: the smaller rate is at either end.
  const rates = [outAt(low), outAt(high)].sort((a, b) => a - b) as [number, number]
  return [
    {
      metric: 'out',
      unit: 'perSecond',
      better: 'higher',
      from: outPerSecond,
      low: rates[0],
      high: rates[1],
    },
  ]
}

function drainSentence({ inPerSecond, lagRecords }: Load, { low, high }: { low: number; high: number }) {
  const drainMs = (capacity: number) => (lagRecords * 1000) / (capacity - inPerSecond)
  if (lagRecords === 0) return ''
  if (low <= inPerSecond) return high <= inPerSecond ? ': less than comes in' : ''
  return `: what waits drains in ${formatDuration(drainMs(high))} to ${formatDuration(drainMs(low))}`
}

function perS(rate: number): string {
  return `${count(rate)}/s`
}

function count(value: number): string {
  return formatCount(Math.round(value))
}
