import { RadtuneError } from '@radtune/core/errors'
import type { ContainerInspectInfo } from 'dockerode'
import { findPortOwner, isPortFree } from '../local/index.ts'
import type { RenderedStack } from './rendered-stack.ts'

/** Throws RT-LOCAL-007 for the first port of this machine that the stack would publish and that another program listens on. */
export async function checkPublishedPorts(
  { services }: RenderedStack,
  containers: ReadonlyMap<string, ContainerInspectInfo>,
): Promise<void> {
  const own = new Set(
    [...containers.values()].flatMap(({ State, NetworkSettings }) =>
      State.Running
        ? Object.values(NetworkSettings.Ports ?? {}).flatMap((bindings) =>
            (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
          )
        : [],
    ),
  )
  for (const { name, publishedPorts } of services) {
    for (const port of publishedPorts) {
      if (own.has(port) || (await isPortFree(port))) continue
      const owner = findPortOwner(port)
      throw new RadtuneError('RT-LOCAL-007', {
        what: `port ${port}, which ${name} needs, is in use${owner ? ` by ${owner.command} (pid ${owner.pid})` : ''}`,
        why: owner
          ? `127.0.0.1:${port} is listened on by pid ${owner.pid}: ${owner.commandLine}`
          : `listening on 127.0.0.1:${port} is refused, and the owner is not visible to this user`,
        fix: ['radtune up --port auto', `docker ps --filter publish=${port}`],
      })
    }
  }
}
