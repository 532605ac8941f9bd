import type { SeenService, SeenStack } from '@radtune/core/advice'
import type { StackOutline } from '@radtune/core/contract'
import type { SettingValues } from '@radtune/core/settings'
import { isWorker, type SaidOfService } from './follow-service.ts'
import type { KafkaSource, SeenOfService } from './watch-services.ts'

/** The stack as rules of advice may judge it: limits and settings as they are in force now. */
export function seenStack(
  { machine, workload }: StackOutline,
  {
    services,
    settings,
    kafka,
  }: { services: readonly SeenOfService[]; settings: Partial<SettingValues>; kafka: KafkaSource },
): SeenStack {
  const partitions = kafka.newest()?.partitions.length
  return {
    machine,
    workload,
    services: services.map(seenService),
    settings: {
      ...settings,
      ...(partitions ? { 'topics.radiation-data.partitions': partitions } : {}),
    },
  }
}

/** What a service reports that it runs by. */
export function appliedBy({ sample }: SaidOfService): Partial<SettingValues> {
  return sample.known ? ((sample.value.settings?.applied ?? {}) as Partial<SettingValues>) : {}
}

function seenService({ said, use }: SeenOfService): SeenService {
  const { name, role } = said
  const slots = !isWorker(said) ? 0 : said.sample.known ? said.sample.value.slots.length : null
  return { name, role, cpus: use.cpuLimit, memoryBytes: use.memoryLimitBytes, slots }
}
