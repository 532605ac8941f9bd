import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GROUPS, TOPICS } from '../../packages/core/src/contract/index.ts'
import { createDriver } from '../../packages/pipeline/src/kafka/index.ts'
import { crashSlot } from './crash-slot.ts'
import type { FaultAct } from './plan-faults.ts'
import type { StackUnderTest } from './stack-under-test.ts'

/** Makes one fault happen and resolves when it is over; what follows is recovery. Answers a remark, when there is one. */
export async function injectFault(stack: StackUnderTest, fault: FaultAct): Promise<string | undefined> {
  const workers = await stack.workers()
  const worker = (index: number) => workers[index % workers.length] as string
  switch (fault.kind) {
    case 'worker-kill':
      return kill(await stack.pidOf(worker(fault.worker)))
    case 'worker-kill-twice':
      kill(await stack.pidOf(worker(fault.worker)))
      await delay(fault.betweenMs)
      return kill(await stack.pidOf(worker(fault.worker)))
    case 'workers-kill':
      for (const name of workers) kill(await stack.pidOf(name))
      return undefined
    case 'worker-term':
      return kill(await stack.pidOf(worker(fault.worker)), 'SIGTERM')
    case 'worker-pause':
      return pause(await stack.pidOf(worker(fault.worker)), fault.pauseMs)
    case 'slot-crash': {
      const crashed = await crashSlot(await stack.pidOf(worker(fault.worker)), fault.slot)
      if (!crashed) throw new Error('the thread could not be reached: port 9229 belongs to another process')
      return undefined
    }
    case 'member-joins':
      return joinGroup(stack.bootstrap, fault.stayMs)
    case 'broker-kill':
      return kill(await stack.pidOf('kafka'))
    case 'broker-term':
      return kill(await stack.pidOf('kafka'), 'SIGTERM')
    case 'broker-away':
      return keepAway(stack, fault.awayMs)
    case 'broker-pause':
      return pause(await stack.pidOf('kafka'), fault.pauseMs)
    case 'provider-kill':
      return kill(await stack.pidOf('provider'))
    case 'provider-term':
      return kill(await stack.pidOf('provider'), 'SIGTERM')
    case 'backend-kill':
      return kill(await stack.pidOf('backend'))
    case 'supervisor-kill':
      return killSupervisor(stack, fault.next)
    case 'rate':
      return stack.up({ perSecond: fault.perSecond }).then(() => undefined)
    case 'down-up':
      await stack.down()
      expectNobody(stack)
      return stack.up().then(() => undefined)
    case 'disk-full':
      return fillDisk(stack.options.project, fault.fullMs)
  }
}

/** What this run has paused and not yet continued: a run that is broken off must not leave it behind. */
export const paused = new Set<number>()

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): undefined {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has just ended by itself, as after an earlier fault.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function pause(pid: number, pauseMs: number): Promise<undefined> {
  kill(pid, 'SIGSTOP')
  paused.add(pid)
  await delay(pauseMs)
  kill(pid, 'SIGCONT')
  paused.delete(pid)
}

/** The supervisor starts the broker again and again: whatever comes up in that time is killed. */
async function keepAway(stack: StackUnderTest, awayMs: number): Promise<undefined> {
  let killed = 0
  for (const end = performance.now() + awayMs; performance.now() < end; ) {
    const pid = await stack.pidOf('kafka')
    if (pid !== killed) kill(pid)
    killed = pid
    await delay(100)
  }
}

/** A member of the workers' group that takes its share of the partitions, does nothing with them, and goes. */
async function joinGroup(bootstrap: string, stayMs: number): Promise<undefined> {
  const consumer = createDriver('kafkajs', {
    bootstrap,
    clientId: 'chaos-member',
    log: () => undefined,
  }).consumer({
    topic: TOPICS.input,
    groupId: GROUPS.worker,
    fromBeginning: true,
    fetchMinBytes: 1,
    fetchMaxWaitMs: 100,
    maxPartitionFetchBytes: 65_536,
    sessionTimeoutMs: 10_000,
  })
  await new Promise<void>((resolve, reject) => {
    const handlers = { onRebalancing: () => undefined, onFetch: () => undefined, onFailure: reject }
    consumer
      .start({
        ...handlers,
        onAssigned: () => resolve(),
        onBatch: () => delay(100, undefined),
      })
      .catch(reject)
  })
  await delay(stayMs)
  await consumer.stop()
}

/** Leaves no byte free where the data and the logs of the stack are, for a while. */
async function fillDisk(project: string, fullMs: number): Promise<undefined> {
  const filler = join(project, 'filler')
  const file = await open(filler, 'w')
  try {
    for (const end = performance.now() + fullMs; performance.now() < end; await delay(100)) {
      for (const size of [1024 * 1024, 4096]) {
        const block = Buffer.alloc(size)
        try {
          for (;;) await file.appendFile(block)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    }
  } finally {
    await file.close()
    await rm(filler)
  }
}

async function killSupervisor(stack: StackUnderTest, next: 'up' | 'status' | 'down'): Promise<undefined> {
  kill(stack.supervisorPid())
  if (next === 'status') {
    const { running } = await stack.status()
    if (running) throw new Error('status says that a stack runs whose supervisor is dead')
  }
  if (next === 'down') await stack.down()
  if (next !== 'up') expectNobody(stack)
  await stack.up()
}

function expectNobody(stack: StackUnderTest): void {
  const left = stack.marked()
  if (left.length > 0) throw new Error(`processes are left behind: ${left.join(', ')}`)
}
