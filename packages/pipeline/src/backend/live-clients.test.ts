import { EventEmitter } from 'node:events'
import type { LiveSystem } from '@radtune/core/contract'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { LiveClients } from './live-clients.ts'

/** A connection that takes what is sent, or lets it lie. */
function connection(bufferedAmount: number) {
  const sent: string[] = []
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount,
    send: (text: string) => void sent.push(text),
    close: () => socket.emit('close'),
    terminate: () => undefined,
  })
  return { socket: socket as unknown as WebSocket, sent }
}

test('how the system is goes to those who keep up, and to them alone', async () => {
  const clients = new LiveClients({ snapshot: () => 'snapshot', maxClients: 9 })
  const [fast, slow, gone] = [connection(0), connection(2 * 1024 * 1024), connection(0)]
  for (const { socket } of [fast, slow, gone]) clients.add(socket)
  Object.assign(gone.socket, { readyState: 3 })
  clients.sendSystem({ type: 'system', at: 1 } as LiveSystem)
  expect(fast.sent).toEqual(['snapshot', '{"type":"system","at":1}'])
  expect([slow.sent, gone.sent]).toEqual([['snapshot'], ['snapshot']])
  await clients.close()
})
