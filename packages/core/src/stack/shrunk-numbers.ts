import { printSettingValue, type SettingKey } from '../settings/index.ts'
import { formatBytes, formatCpus, formatDuration, formatGibibytes } from '../units/index.ts'
import { bytesOfTenths } from './amounts.ts'
import type { DiskLedger } from './ledger-disk.ts'
import { documentedSegmentBytes } from './plan-logs.ts'
import { documentedBufferBytes } from './plan-settings.ts'
import { workerRules } from './service-rules.ts'
import type { StackSpec } from './stack-spec.ts'

/** A number that is smaller than it would be with more room. */
export interface Shrunk {
  /** The setting it is about. */
  key: SettingKey
  wanted: string
  got: string
  /** With its figures. */
  why: string
}

/** Lists what the machine had no room for. A pinned number is not shrunk: somebody wanted it so. */
export function shrunkNumbers(spec: StackSpec, disk: DiskLedger): Shrunk[] {
  return [...shrunkWorkers(spec), ...shrunkSettings(spec), ...shortenedRetention(spec, disk)]
}

function shrunkWorkers({ settings, machine, services }: StackSpec): Shrunk[] {
  const { cpusPerWorker, slotsPerUnit, unitTenths, cpusPerSlot, maxWorkers } = workerRules
  const workers = services.filter(({ role }) => role === 'worker')
  const slots = workers.reduce((sum, worker) => sum + (worker.slots ?? 0), 0)
  const perWorker = slots / Math.max(1, workers.length)
  const wanted: [SettingKey, number, (value: number) => string][] = [
    ['worker.count', Math.min(maxWorkers, Math.floor(machine.cpus / cpusPerWorker)), String],
    ['worker.memory', bytesOfTenths(Math.floor((unitTenths * perWorker) / slotsPerUnit)), formatGibibytes],
    ['worker.cpus', cpusPerSlot * perWorker, (cpus) => `${formatCpus(cpus)} CPU`],
  ]
  return wanted.flatMap(([key, enough, print]) => {
    const { value, origin, reason } = settings[key]
    return origin === 'derived' && Number(value) < enough
      ? [{ key, wanted: print(enough), got: print(Number(value)), why: reason.sentence }]
      : []
  })
}

function shrunkSettings({ settings }: StackSpec): Shrunk[] {
  const documented = {
    'producer.bufferMemory': documentedBufferBytes,
    'topics.segmentBytes': documentedSegmentBytes,
  } as const
  return (Object.keys(documented) as (keyof typeof documented)[]).flatMap((key) => {
    const { value, origin, reason } = settings[key]
    return origin === 'derived' && value < documented[key]
      ? [
          {
            key,
            wanted: printSettingValue(key, documented[key]),
            got: printSettingValue(key, value),
            why: reason.sentence,
          },
        ]
      : []
  })
}

function shortenedRetention({ settings }: StackSpec, { topics }: DiskLedger): Shrunk[] {
  const shortest = topics[0]?.atRates.findLast(({ boundBy }) => boundBy === 'size')
  if (shortest === undefined) return []
  const { perSecond, wantedBytes, bytes, keptMs } = shortest
  return [
    {
      key: 'topics.retention',
      wanted: formatDuration(settings['topics.retention'].value),
      got: formatDuration(roundedMs(keptMs)),
      why: `at ${printSettingValue('provider.rate', perSecond)} a topic would hold ${formatBytes(wantedBytes)} for that long; topics.retentionBytes and the open segments allow ${formatBytes(bytes)}`,
    },
  ]
}

/** To a minute, or to a second below one. */
function roundedMs(ms: number): number {
  const unit = ms < 60_000 ? 1000 : 60_000
  return Math.max(unit, Math.round(ms / unit) * unit)
}
