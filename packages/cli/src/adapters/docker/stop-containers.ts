import type { ContainerInspectInfo } from 'dockerode'
import type { RuntimeEvent } from '../../ports/runtime.ts'
import type { Engine } from './engine.ts'
import { findContainers } from './project-containers.ts'

/** Whoever produces stops first, and Kafka last, so that nothing is left that could have been finished. */
const STOP_ORDER = [/^provider$/, /^frontend$/, /^backend$/, /^(worker-\d+|warm-up|topics)$/, /^kafka$/]

/** Stops what runs of a project in the order in which nothing is lost; each has its own grace. False when nothing ran. */
export async function stopContainers(
  engine: Engine,
  project: string,
  onEvent: (event: RuntimeEvent) => void,
): Promise<boolean> {
  const containers = await findContainers(engine, project)
  const left = new Map([...containers].filter(([, { State }]) => State.Running || State.Restarting))
  const ran = left.size > 0
  for (const pattern of STOP_ORDER) {
    const group = [...left].filter(([name]) => pattern.test(name))
    await Promise.all(group.map(([name, container]) => stopOne(engine, { name, container, onEvent })))
    for (const [name] of group) left.delete(name)
  }
  await Promise.all([...left].map(([name, container]) => stopOne(engine, { name, container, onEvent })))
  return ran
}

async function stopOne(
  engine: Engine,
  {
    name,
    container: { Id },
    onEvent,
  }: { name: string; container: ContainerInspectInfo; onEvent: (event: RuntimeEvent) => void },
): Promise<void> {
  const startedAt = performance.now()
  const tell = (condition: 'stopping' | 'stopped') =>
    onEvent({ kind: 'service', name, condition, reason: undefined, elapsedMs: performance.now() - startedAt })
  tell('stopping')
  const container = engine.getContainer(Id)
  // A paused container cannot take the signal.
  await container.unpause().catch(() => undefined)
  await container.stop().catch((error: { statusCode?: number }) => {
    // 304: stopped already; 404: gone.
    if (error.statusCode !== 304 && error.statusCode !== 404) throw error
  })
  tell('stopped')
}
