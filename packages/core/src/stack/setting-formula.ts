import { printSettingValue, type SettingKey } from '../settings/index.ts'
import {
  formatBytes,
  formatCount,
  formatCpus,
  formatDuration,
  formatGibibytes,
  GIB,
  MIB,
} from '../units/index.ts'
import { bytesOfTenths, sumCpus } from './amounts.ts'
import { dataTopics, diskPerMemory, documentedSegmentBytes } from './plan-logs.ts'
import {
  backendMaxWaitMs,
  backendWaitMsOfOneCpu,
  documentedBufferBytes,
  documentedFetchMinBytes,
  fetchedReadingBytes,
} from './plan-settings.ts'
import { maxCpuOvercommit, printShare, shareOf, singleServiceRules, workerRules } from './service-rules.ts'
import type { Role, ServiceSpec, StackSpec } from './stack-spec.ts'

/**
 * The arithmetic of a setting with the figures of a plan filled in, up to its value; undefined where nothing is worked out: the
 * table has a default. With `service`, from what that service has. A pinned setting has the arithmetic that would hold without the pin, from the plan as it is.
 */
export function settingFormula(key: SettingKey, spec: StackSpec, service?: string): string | undefined {
  const own = spec.services.find(({ name }) => name === service)
  if (own !== undefined && key.endsWith('.heap')) return heapFormula(own.memoryBytes, heapRule(own.role))
  const resource = /^(kafka|worker|backend|provider|frontend)\.(memory|cpus|heap)$/.exec(key)
  if (resource !== null) return resourceFormula(resource[1] as Role, resource[2] as Field, spec)
  switch (key) {
    case 'worker.count':
      return countFormula(spec)
    case 'pipeline.parallelism':
      return slotsFormula(spec)
    case 'topics.radiation-data.partitions':
      return `one for each slot that the machine carries = ${spec.settings[key].value}`
    case 'topics.segmentBytes':
    case 'topics.retentionBytes':
      return logFormula(key, spec)
    case 'producer.bufferMemory':
      return bufferFormula(spec)
    case 'consumer.fetchMinBytes':
      return fetchFormula(spec)
    case 'provider.rate':
      return rateFormula(spec)
    case 'backend.fetchMaxWait':
      return backendWaitFormula(spec)
    default:
      return undefined
  }
}

type Field = 'memory' | 'cpus' | 'heap'

function heapRule(role: Role) {
  return role === 'worker' ? workerRules.heap : singleServiceRules[role].heap
}

function resourceFormula(role: Role, field: Field, spec: StackSpec): string {
  if (role !== 'worker') return singleFormula(role, field, spec)
  switch (field) {
    case 'memory':
      return workerMemoryFormula(spec)
    case 'cpus':
      return workerCpusFormula(spec)
    case 'heap':
      return heapFormula(spec.settings['worker.memory'].value, heapRule(role))
  }
}

function singleFormula(role: Exclude<Role, 'worker'>, field: Field, spec: StackSpec): string {
  const rule = singleServiceRules[role]
  const { machine, settings } = spec
  switch (field) {
    case 'memory': {
      const { share, floorTenths, capTenths } = rule.memory
      const bounds = `${formatGibibytes(bytesOfTenths(floorTenths))} to ${formatGibibytes(bytesOfTenths(capTenths))}`
      const raw = shareOf(machine.memoryBytes, share)
      return `${printShare(share)} × ${formatGibibytes(machine.memoryBytes)} = ${(raw / GIB).toFixed(2)} GiB; in whole tenths of a GiB, within ${bounds}`
    }
    case 'cpus': {
      const { share, floor, cap } = rule.cpus
      const raw = shareOf(machine.cpus, share)
      return `${printShare(share)} × ${formatCpus(machine.cpus)} CPUs = ${formatCpus(raw)}; in twentieths, within ${formatCpus(floor)} to ${formatCpus(cap)}`
    }
    case 'heap':
      return heapFormula(settings[`${role}.memory`].value, heapRule(role))
  }
}

function heapFormula(
  memoryBytes: number,
  {
    share,
    outsideBytes,
    capBytes,
  }: { share: readonly [number, number]; outsideBytes: number; capBytes?: number },
): string {
  const cap = capBytes === undefined ? '' : `, ${formatBytes(capBytes)}`
  const limit = formatBytes(memoryBytes)
  const filled = `${formatBytes(shareOf(memoryBytes, share))}, ${formatBytes(memoryBytes - outsideBytes)}${cap}`
  return `the least of (${printShare(share)} × ${limit}, ${limit} − ${formatBytes(outsideBytes)}${cap}) = the least of (${filled}), in whole MiB`
}

function workersOf({ services }: StackSpec): ServiceSpec[] {
  return services.filter(({ role }) => role === 'worker')
}

function countFormula({ machine, settings }: StackSpec): string {
  const { cpusPerWorker, maxWorkers } = workerRules
  const byCpu = Math.max(1, Math.floor(machine.cpus / cpusPerWorker))
  const count = settings['worker.count'].value
  return `the least of (${formatCpus(machine.cpus)} CPUs ÷ ${cpusPerWorker} = ${byCpu}, as many as the memory holds, ${maxWorkers}) = ${count}`
}

function slotsFormula({ settings, machine }: StackSpec): string {
  const { slotsPerUnit, cpusPerWorker } = workerRules
  const slots = settings['pipeline.parallelism'].value
  const partitions = settings['topics.radiation-data.partitions'].value
  return `${slotsPerUnit} for every ${cpusPerWorker} of ${formatCpus(machine.cpus)} CPUs, as far as the memory holds them; a divisor of ${partitions} partitions: ${slots}`
}

function workerMemoryFormula(spec: StackSpec): string {
  const { machine, services, settings } = spec
  const count = settings['worker.count'].value
  const others = services
    .filter(({ role }) => role !== 'worker')
    .reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  const half = `${printShare(workerRules.memoryShare)} × ${formatGibibytes(machine.memoryBytes)}`
  const left = `${formatGibibytes(machine.usableMemoryBytes)} usable − ${formatGibibytes(others)} for the others`
  return `the less of (${half}, ${left}) over ${count} ${count === 1 ? 'worker' : 'workers'}, up to ${formatGibibytes(bytesOfTenths(workerRules.unitTenths))} for ${workerRules.slotsPerUnit} slots`
}

function workerCpusFormula(spec: StackSpec): string {
  const { machine, services, settings } = spec
  const slots = workersOf(spec).reduce((sum, worker) => sum + (worker.slots ?? 0), 0)
  const count = settings['worker.count'].value
  const others = sumCpus(services.filter(({ role }) => role !== 'worker').map(({ cpus }) => cpus))
  const full = workerRules.cpusPerSlot * slots
  const spare = maxCpuOvercommit * machine.cpus - others
  return `the less of (${workerRules.cpusPerSlot} × ${slots} slots, ${maxCpuOvercommit} × ${formatCpus(machine.cpus)} CPUs − ${formatCpus(others)} for the others) ÷ ${count} = the less of (${formatCpus(full)}, ${formatCpus(spare)}) ÷ ${count}, in twentieths`
}

function backendWaitFormula({ settings }: StackSpec): string {
  const cpus = settings['backend.cpus'].value
  return `the less of (${backendWaitMsOfOneCpu} ms ÷ ${formatCpus(cpus)} CPU, ${backendMaxWaitMs} ms), in whole ms = ${settings['backend.fetchMaxWait'].value} ms`
}

function logFormula(
  key: 'topics.segmentBytes' | 'topics.retentionBytes',
  { machine, settings }: StackSpec,
): string {
  const partitions = settings['topics.radiation-data.partitions'].value
  const logs = partitions * dataTopics.length
  const share = (diskPerMemory * machine.memoryBytes) / logs
  const arithmetic = `${diskPerMemory} × ${formatBytes(machine.memoryBytes)} of memory ÷ (${partitions} partitions × ${dataTopics.length} topics) = ${formatBytes(share)}`
  return key === 'topics.segmentBytes'
    ? `the less of (${formatBytes(documentedSegmentBytes)}, half of ${arithmetic})`
    : `${arithmetic}, less an open segment of ${formatBytes(settings['topics.segmentBytes'].value)}`
}

function bufferFormula(spec: StackSpec): string {
  const perSlot = workersOf(spec).map(({ memoryBytes, slots }) => ({
    memoryBytes,
    slots: Math.max(1, slots ?? 1),
  }))
  const least = perSlot.reduce((one, other) =>
    other.memoryBytes / other.slots < one.memoryBytes / one.slots ? other : one,
  )
  const tenth = Math.floor(least.memoryBytes / 10 / least.slots / MIB) * MIB
  return `the less of (${formatBytes(documentedBufferBytes)}, ${formatBytes(least.memoryBytes)} of a worker ÷ 10 ÷ ${least.slots} slots = ${formatBytes(tenth)})`
}

function fetchFormula({ workload, settings }: StackSpec): string {
  const partitions = settings['topics.radiation-data.partitions'].value
  const waitMs = (1000 * documentedFetchMinBytes * partitions) / (workload.minPerSecond * fetchedReadingBytes)
  return `${documentedFetchMinBytes} B × ${partitions} partitions ÷ (${formatCount(workload.minPerSecond)}/s × ${fetchedReadingBytes} B) = ${formatDuration(waitMs)} of waiting, against ${formatDuration(workload.latencyTargetMs)} ÷ 10`
}

function rateFormula({ workload }: StackSpec): string {
  const { minPerSecond, maxPerSecond } = workload
  return `${printSettingValue('provider.rate', 1000)} of the reference, within ${formatCount(minPerSecond)} to ${formatCount(maxPerSecond)}/s of the workload`
}
