import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/**
 * Below those that Linux gives to outgoing connections (from 32768 on, `ip_local_port_range`): one of them could take the port
 * between the choice and its use.
 */
const CHOICE = { lowest: 10_240, highest: 32_767 }
const MOST_TRIES = 1000

/** `count` distinct TCP ports of 127.0.0.1 that nothing listens on now; all are held until the last is found. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>()
  try {
    for (let tries = 0; servers.size < count; tries += 1) {
      const port = randomInt(CHOICE.lowest, CHOICE.highest + 1)
      if (servers.has(port)) continue
      try {
        servers.set(port, await listenOn(port))
      } catch (error) {
        if (tries >= MOST_TRIES) throw error
      }
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => new Promise((resolve) => server.close(resolve))))
  }
  return [...servers.keys()]
}

/** Whether a service could listen on this port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    const server = await listenOn(port)
    await new Promise((resolve) => server.close(resolve))
    return true
  } catch {
    return false
  }
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server))
  })
}
