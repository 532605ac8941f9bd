import { plannedSpec } from '../../src/adapters/memory/planned-spec.ts'
import type { Launch, StackPorts } from '../../src/ports/runtime.ts'

/** The smallest stack with generated readings of a seed, at a rate, on some ports. */
export function launchAt(readingsPerSecond: number, ports: StackPorts, seed = 1): Launch {
  return {
    spec: plannedSpec('2c4g', [{ key: 'provider.rate', value: String(readingsPerSecond), origin: 'flag' }]),
    data: { kind: 'generator', seed },
    ports,
  }
}
