import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RadtuneError } from '@radtune/core/errors'
import type { FastifyInstance } from 'fastify'

export interface ListenAddress {
  host: string
  port: number
}

/** Reads `host:port`, `[v6]:port`; port 0 asks the system for a free one. Throws RT-SET-001 for anything else. */
export function parseAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port > 65_535) {
    throw new RadtuneError('RT-SET-001', {
      what: `${JSON.stringify(text)} is not an address`,
      why: 'an address is host:port, e.g. 127.0.0.1:9100',
    })
  }
  return { host, port }
}

/** Opens a server on an address and returns the port it got. Throws RT-LOCAL-007 when the port is in use. */
export async function listen(server: Server, address: string): Promise<number> {
  const { host, port } = parseAddress(address)
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(explainListenError(error, address))
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}

/** Makes RT-LOCAL-007 of a port in use; other errors are returned as they are. */
function explainListenError(error: unknown, address: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error
  return new RadtuneError('RT-LOCAL-007', {
    what: `${address} is in use`,
    why: error.message,
    cause: error,
  })
}

/** Opens a fastify server on an address and returns the port it got. Throws RT-LOCAL-007 when the port is in use. */
export async function listenFastify(server: FastifyInstance, address: string): Promise<number> {
  try {
    await server.listen(parseAddress(address))
  } catch (error) {
    throw explainListenError(error, address)
  }
  return (server.server.address() as AddressInfo).port
}
