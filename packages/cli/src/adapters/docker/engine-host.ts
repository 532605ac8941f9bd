import type { Host } from '../../ports/host.ts'
import { createSystemHost } from '../host/system-host.ts'
import { requireCompose } from './compose-command.ts'
import { findEngine, readEngine } from './engine.ts'

/** The machine that the container engine runs on: with Docker Desktop a virtual one, smaller than that of the user. */
export function createEngineHost(environment: NodeJS.ProcessEnv = process.env): Host {
  const here = createSystemHost()
  return {
    /** Of the machine that radtune runs on: an engine does not tell how busy its own is. */
    load: () => here.load(),
    identity: () => here.identity(),
    async facts() {
      const { cpus, memoryBytes } = await readEngine(await findEngine(environment))
      const machine = { cpus, memoryBytes }
      return { ...machine, availableMemoryBytes: memoryBytes, platform: 'linux', machine }
    },
  }
}

/** Whether this user can launch a stack in containers: an engine answers, and the docker command has a compose plugin. */
export async function dockerIsUsable(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  try {
    await readEngine(await findEngine(environment))
    await requireCompose()
    return true
  } catch {
    return false
  }
}
