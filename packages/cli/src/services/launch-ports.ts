import { RadtuneError } from '@radtune/core/errors'
import { DEFAULT_PORTS } from '@radtune/core/render'
import type { StackPorts } from '../ports/runtime.ts'

interface PortWishes {
  /** Names of the services, in the order of the plan. */
  services: readonly string[]
  /** `auto` takes free ones for everything; a number is Kafka's, its controller gets the next. */
  port: 'auto' | number | undefined
  /** Ports of the stack that runs now; kept where nothing else was asked. */
  running: StackPorts | undefined
  freePorts: (count: number) => Promise<number[]>
}

/** Decides the ports of a launch. Throws RT-CLI-021 when the wished port of Kafka is one that another service has. */
export async function decidePorts({ services, port, running, freePorts }: PortWishes): Promise<StackPorts> {
  const observed = services.filter((name) => name !== 'kafka')
  if (port === 'auto') return await pickFree(observed, { running, freePorts })
  const named =
    port === undefined
      ? (running ?? DEFAULT_PORTS)
      : { ...(running ?? DEFAULT_PORTS), kafka: port, controller: controllerBeside(port, running) }
  const ports = {
    kafka: named.kafka,
    controller: named.controller,
    backend: named.backend,
    frontend: named.frontend,
    stats: numberStats(observed, running?.stats ?? {}),
  }
  refuseClash(ports)
  return ports
}

function controllerBeside(port: number, running: StackPorts | undefined): number {
  if (running?.kafka === port) return running.controller
  return port === 65_535 ? port - 1 : port + 1
}

function numberStats(
  services: readonly string[],
  kept: Readonly<Record<string, number>>,
): Record<string, number> {
  const taken = new Set(services.flatMap((name) => kept[name] ?? []))
  let next = DEFAULT_PORTS.stats
  return Object.fromEntries(
    services.map((name) => {
      const before = kept[name]
      if (before !== undefined) return [name, before]
      while (taken.has(next)) next++
      taken.add(next)
      return [name, next]
    }),
  )
}

/** Free ports for everything that does not run yet; what runs keeps its own. */
async function pickFree(
  observed: readonly string[],
  { running, freePorts }: Pick<PortWishes, 'running' | 'freePorts'>,
): Promise<StackPorts> {
  const kept = running?.stats ?? {}
  const newcomers = observed.filter((name) => kept[name] === undefined)
  const free = await freePorts((running ? 0 : 4) + newcomers.length)
  const next = () => free.shift() ?? 0
  const { kafka, controller, backend, frontend } = running ?? {
    kafka: next(),
    controller: next(),
    backend: next(),
    frontend: next(),
  }
  const stats = Object.fromEntries(observed.map((name) => [name, kept[name] ?? next()]))
  return { kafka, controller, backend, frontend, stats }
}

function refuseClash({ stats, ...named }: StackPorts): void {
  const owners = new Map<number, string>()
  for (const [name, port] of [...Object.entries(named), ...Object.entries(stats)]) {
    const owner = owners.get(port)
    if (owner !== undefined)
      throw new RadtuneError('RT-CLI-021', {
        what: `port ${port} would be used twice: by ${owner} and by ${name}`,
        fix: ['radtune up --port auto'],
      })
    owners.set(port, name)
  }
}
