import { z } from 'zod'
import { type SettingKey, settings } from '../settings/index.ts'
import type { StackSpec } from '../stack/index.ts'

/** What measurements are judged by. Shares are 0 to 1. */
export const targetsSchema = z.object({
  busyShare: z.number(),
  warnShare: z.number(),
  memoryWarnShare: z.number(),
  criticalShare: z.number(),
  throttledShare: z.number(),
  lagRecords: z.number(),
  latencyMs: z.number(),
})
export type Targets = z.infer<typeof targetsSchema>

/** The targets of a plan: the settings of the monitor, and the latency that the workload asks for. */
export function targetsOf(spec: Pick<StackSpec, 'settings' | 'workload'>): Targets {
  // A stack that an earlier version launched lacks the settings that it did not know.
  const planned: Partial<StackSpec['settings']> = spec.settings
  return {
    busyShare: planned['monitor.busyShare']?.value ?? DEFAULT_TARGETS.busyShare,
    warnShare: planned['monitor.warnShare']?.value ?? DEFAULT_TARGETS.warnShare,
    memoryWarnShare: planned['monitor.memoryWarnShare']?.value ?? DEFAULT_TARGETS.memoryWarnShare,
    criticalShare: planned['monitor.criticalShare']?.value ?? DEFAULT_TARGETS.criticalShare,
    throttledShare: planned['monitor.throttledShare']?.value ?? DEFAULT_TARGETS.throttledShare,
    lagRecords: planned['monitor.lag']?.value ?? DEFAULT_TARGETS.lagRecords,
    latencyMs: spec.workload.latencyTargetMs,
  }
}

/** The defaults of the settings table, and the documented 100 ms. */
export const DEFAULT_TARGETS: Targets = {
  busyShare: settings['monitor.busyShare'].default,
  warnShare: settings['monitor.warnShare'].default,
  memoryWarnShare: settings['monitor.memoryWarnShare'].default,
  criticalShare: settings['monitor.criticalShare'].default,
  throttledShare: settings['monitor.throttledShare'].default,
  lagRecords: settings['monitor.lag'].default,
  latencyMs: 100,
}

/** `before` with what the settings in force say otherwise. */
export function targetsInForce(
  before: Targets,
  values: Readonly<Record<string, number | string>> | undefined,
): Targets {
  const told = (key: SettingKey, otherwise: number) => {
    const value = values?.[key]
    return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
  }
  return {
    busyShare: told('monitor.busyShare', before.busyShare),
    warnShare: told('monitor.warnShare', before.warnShare),
    memoryWarnShare: told('monitor.memoryWarnShare', before.memoryWarnShare),
    criticalShare: told('monitor.criticalShare', before.criticalShare),
    throttledShare: told('monitor.throttledShare', before.throttledShare),
    lagRecords: told('monitor.lag', before.lagRecords),
    latencyMs: before.latencyMs,
  }
}
