import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { findFreePorts, isPortFree } from './free-ports.ts'

test('free ports are distinct, can be listened on, and are none that an outgoing connection gets', async () => {
  const ports = await findFreePorts(100)
  expect(new Set(ports).size).toBe(100)
  expect(Math.max(...ports)).toBeLessThan(32_768)
  expect(await Promise.all(ports.map(isPortFree))).toEqual(Array(100).fill(true))
})

test('a port that something listens on is not free', async () => {
  const [port = 0] = await findFreePorts(1)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port }, resolve))
  expect(await isPortFree(port)).toBe(false)
  server.close()
})
