import { setTimeout as delay } from 'node:timers/promises'

/** Where Node's inspector listens when a process is asked for it by SIGUSR1. */
const INSPECTOR = 'http://127.0.0.1:9229/json/list'

/**
 * Makes one thread of a worker process end by an uncaught error, from outside: through Node's inspector, which SIGUSR1
 * opens. Returns false when the inspector's port belongs to another process.
 */
export async function crashSlot(pid: number, slot: number): Promise<boolean> {
  process.kill(pid, 'SIGUSR1')
  const url = await inspectorUrl()
  if (url === undefined) return false
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  const main = createSession(socket)
  try {
    const { result } = await main.call('Runtime.evaluate', { expression: 'process.pid' })
    if ((result as { value?: number }).value !== pid) return false
    const threads = main.threads()
    await main.call('NodeWorker.enable', { waitForDebuggerOnStart: false })
    for (let looks = 0; threads.length === 0 && looks < 20; looks += 1) await delay(50)
    const thread = threads[slot % Math.max(1, threads.length)]
    if (thread === undefined) return false
    const expression = "setImmediate(() => { throw new Error('crashed by the chaos run') })"
    await main.call('NodeWorker.sendMessageToWorker', {
      sessionId: thread,
      message: JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }),
    })
    await delay(200)
    return true
  } finally {
    // An open inspector would keep the port from the next process.
    const close = "setTimeout(() => process.getBuiltinModule('inspector').close(), 50)"
    await main.call('Runtime.evaluate', { expression: close }).catch(() => undefined)
    socket.close()
  }
}

async function inspectorUrl(): Promise<string | undefined> {
  for (let looks = 0; looks < 40; looks += 1) {
    try {
      const [target] = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[]
      if (target) return target.webSocketDebuggerUrl
    } catch {
      // Not open yet.
    }
    await delay(50)
  }
  return undefined
}

function createSession(socket: WebSocket) {
  const waiting = new Map<number, (answer: Record<string, unknown>) => void>()
  const threads: string[] = []
  let last = 0
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as {
      id?: number
      method?: string
      result?: Record<string, unknown>
      params?: { sessionId: string }
    }
    if (message.id !== undefined) waiting.get(message.id)?.(message.result ?? {})
    if (message.method === 'NodeWorker.attachedToWorker' && message.params)
      threads.push(message.params.sessionId)
  }
  return {
    threads: () => threads,
    call: (method: string, params: object) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        last += 1
        const id = last
        const timer = setTimeout(() => reject(new Error(`${method} is not answered`)), 3000)
        waiting.set(id, (answer) => {
          clearTimeout(timer)
          resolve(answer)
        })
        socket.send(JSON.stringify({ id, method, params }))
      }),
  }
}
