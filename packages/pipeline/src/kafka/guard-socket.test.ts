import { createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { guardSocket } from './guard-socket.ts'

/** A guarded connection to a server that reads only when it is told to. */
async function connection() {
  const received: Buffer[] = []
  let peer: Socket | undefined
  const server = createServer((socket) => {
    peer = socket.pause()
    socket.on('data', (data) => received.push(data))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { createConnection } = await import('node:net')
  const socket = createConnection((server.address() as { port: number }).port, '127.0.0.1')
  socket.on('error', () => undefined)
  let may = true
  guardSocket(socket, () => may)
  await vi.waitFor(() => expect(peer).toBeDefined())
  onTestFinished(() => {
    socket.destroy()
    peer?.destroy()
    server.close()
  })
  return {
    socket,
    setMay: (value: boolean) => {
      may = value
    },
    read: () => peer?.resume(),
    text: () => Buffer.concat(received),
  }
}

/** A request as Kafka frames it: length, key of the API, and a body that ends with `end`. */
function request(apiKey: number, bytes: number, end: string): Buffer {
  const data = Buffer.alloc(bytes, 0x61)
  data.writeInt32BE(bytes - 4, 0)
  data.writeInt16BE(apiKey, 4)
  data.write(end, bytes - end.length)
  return data
}

it('passes requests whole and in order, long ones and those behind them too', async () => {
  const { socket, read, text } = await connection()
  const sent = [request(0, 4_000_000, '<1>'), request(3, 100, '<2>'), request(0, 50_000, '<3>')]
  for (const data of sent) socket.write(data)
  read()
  await vi.waitFor(() => expect(text().length).toBe(4_050_100))
  expect(text().equals(Buffer.concat(sent))).toBe(true)
})

it('writes no records once it may not, and breaks the connection off instead', async () => {
  const { socket, setMay, read, text } = await connection()
  setMay(false)
  socket.write(request(3, 100, '<metadata>'))
  read()
  await vi.waitFor(() => expect(text().toString()).toContain('<metadata>'))
  socket.write(request(0, 100, '<records>'))
  await vi.waitFor(() => expect(socket.destroyed).toBe(true))
  expect(text().toString()).not.toContain('<records>')
})

it('does not complete a request that was under way when its time was over', async () => {
  const { socket, setMay, read, text } = await connection()
  socket.write(request(0, 20_000_000, '<records>'))
  expect(socket.writableLength).toBeGreaterThan(0)
  setMay(false)
  read()
  await vi.waitFor(() => expect(socket.destroyed).toBe(true))
  expect(text().toString()).not.toContain('<records>')
})
