import type { Measuring } from './measure.ts'
import { finite } from './rate.ts'
import { type Reading, unknown } from './reading.ts'
import type { Snapshot } from './snapshot.ts'

/** CPU, memory and throttling of the machine and of each service, as shares of what it may use; `cores` are CPUs. */
export function measureServices({ host, services }: Snapshot, { set }: Measuring): void {
  set('host.cpu', host.known ? finite(host.value.cpuShare, host.at) : host)
  set('host.memory', host.known ? share(host.value.usedBytes, host.value.memoryBytes, host.at) : host)
  if (!services.known) return
  for (const { name, cpus, memoryBytes, throttling, limits } of services.value) {
    set(`cores/${name}`, cpus)
    set(`cpu/${name}`, cpus.known ? share(cpus.value, limits.cpus, cpus.at) : cpus)
    set(
      `memory/${name}`,
      memoryBytes.known ? share(memoryBytes.value, limits.memoryBytes, memoryBytes.at) : memoryBytes,
    )
    set(
      `throttled/${name}`,
      throttling.known ? finite(throttling.value.recentShare, throttling.at) : throttling,
    )
  }
}

function share(value: number, limit: number, at: number): Reading<number> {
  return limit > 0 ? finite(value / limit, at) : unknown('there is no limit')
}
