import { setTimeout as delay } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'
import { descendantsOf, residentBytesOf } from './process-usage.ts'

/** What a page holds after its garbage was collected, bytes. */
export interface PageMemory {
  atMs: number
  /** JavaScript heaps in use: of the page, and of its workers together. */
  heap: number
  workerHeap: number
  /** Resident memory of all processes of the browser; collected or not. */
  resident: number
}

/** Looks at once and then every `everyMs`, for `forMs`; `seen` hears of each look. */
export async function watchPageMemory(
  page: Page,
  options: { browserOf: number; forMs: number; everyMs: number; seen(memory: PageMemory): void },
): Promise<PageMemory[]> {
  const session = await page.context().newCDPSession(page)
  const workers = await attachWorkers(session)
  const begunAt = Date.now()
  const memories: PageMemory[] = []
  for (let look = 0; look * options.everyMs <= options.forMs; look += 1) {
    await delay(Math.max(0, begunAt + look * options.everyMs - Date.now()))
    const memory = {
      atMs: Date.now() - begunAt,
      heap: await heapOf((method) => session.send(method as 'Runtime.getHeapUsage')),
      workerHeap: await workers.heap(),
      resident: await residentOf(options.browserOf),
    }
    options.seen(memory)
    memories.push(memory)
  }
  return memories
}

type Ask = (method: string) => Promise<{ usedSize: number }>

/** Twice: what the first collection lets go may hold on to more. */
async function heapOf(ask: Ask): Promise<number> {
  for (let times = 0; times < 2; times += 1) await ask('HeapProfiler.collectGarbage')
  return (await ask('Runtime.getHeapUsage')).usedSize
}

/** The workers of a page are asked through it: it passes messages on. */
async function attachWorkers(session: CDPSession): Promise<{ heap(): Promise<number> }> {
  const attached = new Set<string>()
  const waiting = new Map<number, (result: { usedSize: number }) => void>()
  let asked = 0
  session.on('Target.attachedToTarget', ({ sessionId }) => attached.add(sessionId))
  session.on('Target.detachedFromTarget', ({ sessionId }) => attached.delete(sessionId))
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message)
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  })
  const ask =
    (sessionId: string): Ask =>
    async (method) => {
      asked += 1
      const id = asked
      const answer = new Promise<{ usedSize: number }>((resolve) => waiting.set(id, resolve))
      await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) })
      return answer
    }
  return {
    async heap() {
      let sum = 0
      for (const sessionId of attached) sum += await heapOf(ask(sessionId))
      return sum
    },
  }
}

async function residentOf(pid: number): Promise<number> {
  const sizes = (await descendantsOf(pid)).map((child) => residentBytesOf(child).catch(() => 0))
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0)
}
