import type { LimitsInForce } from '../../ports/runtime.ts'
import type { Service } from './service.ts'
import type { StackGroups } from './stack-groups.ts'

/** The limits of a service as the kernel says them now, whatever it was told; those of the plan where it has no group. */
export function limitsInForce(
  { group, alive, process: { limits } }: Service,
  { how, enforcing }: StackGroups,
): LimitsInForce {
  const { memoryBytes, cpus } = limits
  if (!group) {
    const why = alive ? 'but its group could not be made' : 'once it runs'
    return { memoryBytes, cpus, enforced: false, how: enforcing ? `${how}, ${why}` : how }
  }
  const { memoryLimitBytes, cpuLimit } = group.read()
  const lacking = [
    ...(memoryLimitBytes === undefined ? ['memory'] : []),
    ...(cpuLimit === undefined ? ['CPU'] : []),
  ]
  const why = group.refusal ?? 'not limited during the start-up'
  return {
    memoryBytes: memoryLimitBytes ?? memoryBytes,
    cpus: cpuLimit ?? cpus,
    enforced: lacking.length === 0,
    how: lacking.length === 0 ? how : `${how}, but ${lacking.join(' and ')}: ${why}`,
  }
}
