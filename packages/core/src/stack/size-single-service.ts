import { formatCpus, formatGibibytes } from '../units/index.ts'
import { bytesOfTenths, clamp, cpusRoundedDown, tenthsWithin, thousandths } from './amounts.ts'
import type { Pins } from './pins.ts'
import { printShare, shareOf, singleServiceRules } from './service-rules.ts'
import { heapFor, type Sized, withPin } from './sized.ts'
import type { Reason, Role, ServiceSpec } from './stack-spec.ts'

/** Sizes a service that exists once from its share of the machine, or from the pins on it. */
export function sizeSingleService(
  role: Exclude<Role, 'worker'>,
  { machine, pins }: { machine: { cpus: number; memoryBytes: number }; pins: Pins },
): ServiceSpec {
  const rule = singleServiceRules[role]
  const memory = withPin(deriveMemory(role, machine.memoryBytes), pins.get(`${role}.memory`))
  const cpus = withPin(deriveCpus(role, machine.cpus), pins.get(`${role}.cpus`))
  const heap = withPin(
    heapFor(memory.value, { ...rule.heap, outside: rule.outside }),
    pins.get(`${role}.heap`),
  )
  const reserved = reserve({ memoryBytes: memory.value, cpus: cpus.value }, rule)
  return {
    name: role,
    role,
    memoryBytes: memory.value,
    cpus: cpus.value,
    ...reserved.amounts,
    heapBytes: heap.value,
    reasons: [memory.reason, cpus.reason, heap.reason, ...reserved.reasons],
  }
}

/** Reservations of a service: parts of its limits, at least a tenth of a GiB and a twentieth of a CPU. */
export function reserve(
  limits: { memoryBytes: number; cpus: number },
  rule: { reservedMemory: readonly [number, number]; reservedCpus: readonly [number, number] },
): {
  amounts: { reservedMemoryBytes: number; reservedCpus: number }
  reasons: Reason[]
} {
  const tenths = Math.max(1, tenthsWithin(Math.ceil(shareOf(limits.memoryBytes, rule.reservedMemory))))
  const reservedMemoryBytes = Math.min(bytesOfTenths(tenths), limits.memoryBytes)
  const milliCpus = Math.max(50, shareOf(thousandths(limits.cpus), rule.reservedCpus))
  const reservedCpus = Math.min(cpusRoundedDown(milliCpus), limits.cpus)
  return {
    amounts: { reservedMemoryBytes, reservedCpus },
    reasons: [
      {
        of: 'reservedMemoryBytes',
        rule: 'reserve-memory',
        sentence: `${formatGibibytes(reservedMemoryBytes)}: ${printShare(rule.reservedMemory)} of its limit, in tenths of a GiB and at least one`,
      },
      {
        of: 'reservedCpus',
        rule: 'reserve-cpu',
        sentence: `${formatCpus(reservedCpus)} CPU: ${printShare(rule.reservedCpus)} of its limit`,
      },
    ],
  }
}

function deriveMemory(role: Exclude<Role, 'worker'>, machineBytes: number): Sized {
  const { share, floorTenths, capTenths } = singleServiceRules[role].memory
  const tenths = tenthsWithin(shareOf(machineBytes, share))
  const value = bytesOfTenths(clamp(tenths, floorTenths, capTenths))
  const bound = boundText({ raw: tenths, floor: floorTenths, cap: capTenths }, (end) =>
    formatGibibytes(bytesOfTenths(end)),
  )
  const sentence = `${formatGibibytes(value)}: ${printShare(share)} of ${formatGibibytes(machineBytes)}${bound}`
  return { value, reason: { of: 'memoryBytes', rule: 'memory-share', sentence } }
}

function deriveCpus(role: Exclude<Role, 'worker'>, machineCpus: number): Sized {
  const { share, floor, cap } = singleServiceRules[role].cpus
  const raw = cpusRoundedDown(shareOf(thousandths(machineCpus), share))
  const value = clamp(raw, floor, cap)
  const bound = boundText({ raw, floor, cap }, formatCpus)
  const sentence = `${formatCpus(value)} CPU: ${printShare(share)} of ${formatCpus(machineCpus)} CPUs${bound}`
  return { value, reason: { of: 'cpus', rule: 'cpu-share', sentence } }
}

function boundText(
  { raw, floor, cap }: { raw: number; floor: number; cap: number },
  print: (end: number) => string,
): string {
  if (raw < floor) return `, at least ${print(floor)}`
  return raw > cap ? `, at most ${print(cap)}` : ''
}
