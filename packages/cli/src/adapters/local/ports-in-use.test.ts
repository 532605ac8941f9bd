import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { nodeService } from '../../../test/local/node-service.ts'
import { findFreePorts, isPortFree } from './free-ports.ts'
import { checkPorts } from './ports-in-use.ts'

const listen = () =>
  new Promise<{ port: number; close: () => void }>((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: (server.address() as { port: number }).port, close: () => server.close() }),
    )
  })
const service = (name: string, port: number) => nodeService({ name, journal: '/dev/null', port })

describe('checkPorts', () => {
  it('names the service, the port and its owner', async () => {
    const { port, close } = await listen()
    const checking = checkPorts([service('backend', port)], new Set())
    await expect(checking).rejects.toMatchObject({
      code: 'RT-LOCAL-007',
      exitCode: 4,
      message: expect.stringMatching(`^port ${port}, which backend needs, is in use`),
    })
    if (process.platform === 'linux') {
      await expect(checking).rejects.toThrow(`(pid ${process.pid})`)
      await expect(checking).rejects.toMatchObject({ fix: ['radtune up --port auto', `kill ${process.pid}`] })
    }
    close()
  })

  it('lets a running stack keep its own ports', async () => {
    const { port, close } = await listen()
    await checkPorts([service('backend', port)], new Set([port]))
    close()
  })

  it('refuses one port for two services', async () => {
    const [port = 0] = await findFreePorts(1)
    await expect(checkPorts([service('a', port), service('b', port)], new Set())).rejects.toThrow(
      'both a and b',
    )
  })
})

it('free ports are distinct and free', async () => {
  const ports = await findFreePorts(20)
  expect(new Set(ports).size).toBe(20)
  for (const port of ports) expect(await isPortFree(port)).toBe(true)
})
