import {
  printSettingValue,
  type SettingDefinition,
  type SettingKey,
  type SettingValues,
  settings,
} from '../settings/index.ts'
import { formatBytes, formatCount, formatCpus, formatDuration, MIB } from '../units/index.ts'
import { clamp } from './amounts.ts'
import { type Pins, pinReason } from './pins.ts'
import { planLogSizes } from './plan-logs.ts'
import type { SlotPlan } from './plan-slots.ts'
import { singleServiceRules } from './service-rules.ts'
import type { ResolvedSetting, ServiceSpec, StackSpec } from './stack-spec.ts'
import type { WorkerCapacity } from './worker-capacity.ts'

/** A value that the planner worked out, with its rule and sentence. */
interface Derived {
  value: number
  rule: string
  sentence: string
}

export const documentedBufferBytes = 64 * MIB
export const documentedFetchMinBytes = 1024
/** Of a reading in a fetch, compressed with its neighbours or not: a low guess, so that the wait is not underrated. */
export const fetchedReadingBytes = 200
/** A backend of one CPU waits so long for readings to gather; one of less CPU longer in proportion. */
export const backendWaitMsOfOneCpu = 3
export const backendMaxWaitMs = 20
const transactionIntervalMs = 100

/** Everything that settings are derived from. */
export interface SettingInputs {
  machine: { cpus: number; memoryBytes: number }
  workload: StackSpec['workload']
  pins: Pins
  capacity: WorkerCapacity
  slotPlan: SlotPlan
  services: readonly ServiceSpec[]
}

/** Resolves every setting of the table: the pin if there is one, else the derived value, else the table's default. */
export function planSettings(inputs: SettingInputs): StackSpec['settings'] {
  const derived = deriveSettings(inputs)
  const resolved: Partial<Record<SettingKey, ResolvedSetting>> = {}
  for (const key of Object.keys(settings) as SettingKey[]) {
    resolved[key] = resolve(key, { derived: derived[key], pins: inputs.pins })
  }
  return resolved as StackSpec['settings']
}

function resolve(
  key: SettingKey,
  { derived, pins }: { derived: Derived | undefined; pins: Pins },
): ResolvedSetting {
  const definition: SettingDefinition = settings[key]
  const value = (derived?.value ?? definition.default) as SettingValues[typeof key]
  const pin = pins.get(key)
  if (pin !== undefined) {
    // A service that exists once has compared the pin with its rule already.
    const reason =
      derived?.rule === 'pin'
        ? { ...pinReason(pin, { of: key, otherwise: undefined }), sentence: derived.sentence }
        : pinReason(pin, { of: key, otherwise: printSettingValue(key, value) })
    return { value: pin.value, origin: pin.origin, ...(pin.at === undefined ? {} : { at: pin.at }), reason }
  }
  const rule = derived?.rule ?? 'default'
  const sentence = derived?.sentence ?? `${printSettingValue(key, value)}: ${definition.why}`
  return { value, origin: 'derived', reason: { of: key, rule, sentence } }
}

function deriveSettings(inputs: SettingInputs): Partial<Record<SettingKey, Derived>> {
  const { machine, workload, pins, capacity, slotPlan, services } = inputs
  const logs = planLogSizes({
    memoryBytes: machine.memoryBytes,
    partitions: slotPlan.partitions,
    segmentPin: pins.get('topics.segmentBytes')?.value,
    maxPerSecond: workload.maxPerSecond,
  })
  return {
    ...deriveResources(services, capacity),
    'pipeline.parallelism': {
      value: slotPlan.derivedSlots,
      rule: 'slots-divide-partitions',
      sentence: slotPlan.slotsSentence,
    },
    'worker.count': { value: capacity.derivedCount.value, ...textOf(capacity.derivedCount.reason) },
    'topics.radiation-data.partitions': {
      value: slotPlan.derivedPartitions,
      rule: 'partition-per-slot',
      sentence: slotPlan.partitionsSentence,
    },
    'topics.segmentBytes': {
      value: logs.segmentBytes,
      rule: 'disk-allowance',
      sentence: logs.segmentSentence,
    },
    'topics.retentionBytes': {
      value: logs.retentionBytes,
      rule: 'disk-allowance',
      sentence: logs.retentionSentence,
    },
    'producer.bufferMemory': deriveBuffer(services),
    ...deriveCommitInterval(pins),
    'consumer.fetchMinBytes': deriveFetchMin(workload, slotPlan),
    'provider.rate': deriveRate(workload),
    'backend.fetchMaxWait': deriveBackendWait(services),
  }
}

/** The resource settings repeat what the services got; for the workers, what each of them gets that has no pin of its own. */
function deriveResources(
  services: readonly ServiceSpec[],
  capacity: WorkerCapacity,
): Partial<Record<SettingKey, Derived>> {
  const derived: Partial<Record<SettingKey, Derived>> = {}
  for (const role of Object.keys(singleServiceRules) as (keyof typeof singleServiceRules)[]) {
    const service = services.find(({ name }) => name === role)
    if (service === undefined) continue
    derived[`${role}.memory`] = fromService(service, 'memoryBytes')
    derived[`${role}.cpus`] = fromService(service, 'cpus')
    derived[`${role}.heap`] = fromService(service, 'heapBytes')
  }
  derived['worker.memory'] = { value: capacity.memory.value, ...textOf(capacity.memory.reason) }
  derived['worker.cpus'] = { value: capacity.cpus.value, ...textOf(capacity.cpus.reason) }
  derived['worker.heap'] = { value: capacity.heap.value, ...textOf(capacity.heap.reason) }
  return derived
}

function fromService(service: ServiceSpec, field: 'memoryBytes' | 'cpus' | 'heapBytes'): Derived {
  const reason = service.reasons.find(({ of }) => of === field)
  return { value: service[field] ?? 0, rule: reason?.rule ?? '', sentence: reason?.sentence ?? '' }
}

function textOf({ rule, sentence }: { rule: string; sentence: string }): { rule: string; sentence: string } {
  return { rule, sentence }
}

function deriveBuffer(services: readonly ServiceSpec[]): Derived {
  const perSlot = services
    .filter(({ role }) => role === 'worker')
    .map(({ memoryBytes, slots }) => memoryBytes / 10 / Math.max(1, slots ?? 1))
  const tenth = Math.max(MIB, Math.floor(Math.min(...perSlot) / MIB) * MIB)
  const value = Math.min(documentedBufferBytes, tenth)
  const room = `a tenth of a worker's memory leaves each slot ${formatBytes(tenth)}`
  return {
    value,
    rule: 'buffer-in-limit',
    sentence:
      value === documentedBufferBytes
        ? `${formatBytes(value)}: as documented; ${room}`
        : `${formatBytes(value)}: ${room}, less than the documented ${formatBytes(documentedBufferBytes)}`,
  }
}

/** Readers of transactions see records when they are committed: the interval is part of the latency then. */
function deriveCommitInterval(pins: Pins): Partial<Record<SettingKey, Derived>> {
  if (pins.get('pipeline.delivery')?.value !== 'transactions') return {}
  return {
    'pipeline.commitInterval': {
      value: transactionIntervalMs,
      rule: 'commit-shows-records',
      sentence: `${formatDuration(transactionIntervalMs)}: with transactions a record is seen when it is committed, so the interval adds to the latency, half of it on average`,
    },
  }
}

/** A fetch waits for its minimum about minimum ÷ byte rate: only worth it when that is short at the slowest rate. */
function deriveFetchMin(workload: StackSpec['workload'], { partitions }: SlotPlan): Derived {
  const waitMs = (1000 * documentedFetchMinBytes * partitions) / (workload.minPerSecond * fetchedReadingBytes)
  const allowedMs = workload.latencyTargetMs / 10
  const filling = `at ${formatCount(workload.minPerSecond)}/s over ${partitions} partitions a fetch would wait ${formatDuration(waitMs)} for ${documentedFetchMinBytes} bytes`
  return waitMs <= allowedMs
    ? {
        value: documentedFetchMinBytes,
        rule: 'fetch-min-fills',
        sentence: `1 KiB: ${filling}, within a tenth of the latency target`,
      }
    : {
        value: 1,
        rule: 'fetch-min-fills',
        sentence: `1 B: ${filling}, more than a tenth of the latency target of ${formatDuration(workload.latencyTargetMs)}`,
      }
}

function deriveBackendWait(services: readonly ServiceSpec[]): Derived {
  const { cpus = 0 } = services.find(({ role }) => role === 'backend') ?? {}
  const value = clamp(Math.round(backendWaitMsOfOneCpu / cpus), 1, backendMaxWaitMs)
  return {
    value,
    rule: 'backend-fetch-pace',
    sentence: `${formatDuration(value)}: ${backendWaitMsOfOneCpu} ms ÷ ${formatCpus(cpus)} CPU, at most ${backendMaxWaitMs} ms; it is part of the latency, and each fetch costs broker and backend CPU`,
  }
}

function deriveRate({ minPerSecond, maxPerSecond }: StackSpec['workload']): Derived {
  const documented = settings['provider.rate'].default
  const value = clamp(documented, minPerSecond, maxPerSecond)
  const range = `within the ${formatCount(minPerSecond)} to ${formatCount(maxPerSecond)} of the workload`
  return {
    value,
    rule: 'rate-in-workload',
    sentence: `${printSettingValue('provider.rate', value)}: ${range}`,
  }
}
