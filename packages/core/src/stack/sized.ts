import { printSettingValue } from '../settings/index.ts'
import { formatBytes, MIB } from '../units/index.ts'
import { type CheckedPin, pinReason } from './pins.ts'
import { printShare, shareOf } from './service-rules.ts'
import type { Reason } from './stack-spec.ts'

/** One number of a service and its reason. */
export interface Sized {
  value: number
  reason: Reason
}

type NumericPin =
  CheckedPin<`${'kafka' | 'worker' | 'backend' | 'provider' | 'frontend'}.${'memory' | 'cpus' | 'heap'}`>

/** The pinned number if there is a pin, else the derived one. */
export function withPin(derived: Sized, pin: NumericPin | undefined): Sized {
  if (pin === undefined) return derived
  const otherwise = printSettingValue(pin.key, derived.value)
  return { value: pin.value, reason: pinReason(pin, { of: derived.reason.of, otherwise }) }
}

/** Heap of a process within its memory limit, in whole MiB: a share of it, but all except `outsideBytes` at most. */
export function heapFor(
  memoryBytes: number,
  rule: { share: readonly [number, number]; outsideBytes: number; capBytes?: number; outside: string },
): Sized {
  const bytes = Math.min(shareOf(memoryBytes, rule.share), memoryBytes - rule.outsideBytes)
  const value = Math.floor(Math.min(bytes, rule.capBytes ?? bytes) / MIB) * MIB
  const how =
    bytes < shareOf(memoryBytes, rule.share)
      ? `its limit less ${formatBytes(rule.outsideBytes)}`
      : value === rule.capBytes
        ? `no more than ${formatBytes(value)}, as a larger heap only pauses longer`
        : `${printShare(rule.share)} of its limit`
  return {
    value,
    reason: {
      of: 'heapBytes',
      rule: 'heap-in-limit',
      sentence: `${formatBytes(value)}: ${how}; ${rule.outside}`,
    },
  }
}
