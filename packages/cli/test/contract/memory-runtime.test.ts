import { createMemoryWorld } from '../../src/adapters/memory/memory-world.ts'
import { launchAt } from './launches.ts'
import { describeRuntime } from './runtime-contract.ts'

describeRuntime('the memory runtime', async () => {
  const { runtime } = createMemoryWorld()
  const ports = { kafka: 9092, controller: 9093, backend: 8000, frontend: 8080, stats: {} }
  return { runtime, launchAt: (rate, seed) => launchAt(rate, ports, seed), async close() {} }
})
