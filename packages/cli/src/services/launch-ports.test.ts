import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StackPorts } from '../ports/runtime.ts'
import { decidePorts } from './launch-ports.ts'

const services = fc
  .integer({ min: 1, max: 32 })
  .map((workers) => [
    'kafka',
    ...Array.from({ length: workers }, (_, index) => `worker-${index + 1}`),
    'backend',
    'provider',
    'frontend',
  ])

function allPorts({ stats, ...named }: StackPorts): number[] {
  return [...Object.values(named), ...Object.values(stats)]
}

function portsFrom(first: number) {
  let next = first
  return async (count: number) => Array.from({ length: count }, () => next++)
}

const wish = fc.constantFrom('auto' as const, undefined, 19_092)

test('every service has a port of its own, and what runs keeps its ports unless others are asked for', async () => {
  await fc.assert(
    fc.asyncProperty(services, services, wish, wish, async (first, second, before, after) => {
      const freePorts = portsFrom(40_000)
      const running = await decidePorts({ services: first, port: before, running: undefined, freePorts })
      const ports = await decidePorts({ services: second, port: after, running, freePorts })
      for (const [names, decided] of [
        [first, running],
        [second, ports],
      ] as const) {
        expect(Object.keys(decided.stats)).toEqual(names.filter((name) => name !== 'kafka'))
        expect(new Set(allPorts(decided)).size).toBe(names.length - 1 + 4)
        for (const port of allPorts(decided)) expect(port).toBeGreaterThan(0)
      }
      for (const name of second) if (running.stats[name]) expect(ports.stats[name]).toBe(running.stats[name])
      expect([ports.backend, ports.frontend]).toEqual([running.backend, running.frontend])
      expect(ports.kafka).toBe(after === 19_092 ? 19_092 : running.kafka)
    }),
  )
})

test.each([8000, 8080, 7999, 9100])(
  'refuses port %i for Kafka: another service has it or the one beside it',
  async (port) => {
    const freePorts = portsFrom(40_000)
    const deciding = decidePorts({ services: ['kafka', 'worker-1'], port, running: undefined, freePorts })
    await expect(deciding).rejects.toMatchObject({ code: 'RT-CLI-021', exitCode: 2 })
  },
)
