import {
  type BackendSample,
  type CountMismatch,
  type ProviderSample,
  type RecordSums,
  sumRecords,
} from '@radtune/core/contract'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { Broker } from '../ports/broker.ts'
import type { Launch, StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { statsPort } from './await-records.ts'

/** A running stack at one moment: services, records, the provider and the backend. What does not answer is a Reading with a why. */
export interface StatusReport {
  at: number
  stack: StackState
  records: Reading<RecordSums>
  /** Partitions whose counters do not match their offsets: none, unless something is wrong. */
  mismatches: readonly CountMismatch[]
  provider: Reading<ProviderSample>
  backend: Reading<BackendSample>
}

/** Reads the status of the project's stack; undefined when nothing runs. Never waits longer than its sources' own limits. */
export async function readStatus(world: StackWorld): Promise<StatusReport | undefined> {
  const reader = createStatusReader(world)
  try {
    return await reader.read()
  } finally {
    await reader.close()
  }
}

/** Reads the status again and again over one connection to Kafka. */
export interface StatusReader {
  read(): Promise<StatusReport | undefined>
  close(): Promise<void>
}

export function createStatusReader(world: StackWorld): StatusReader {
  let broker: { port: number; broker: Broker } | undefined
  const brokerOf = async ({ ports: { kafka } }: Launch): Promise<Broker> => {
    if (broker && broker.port !== kafka) await broker.broker.close()
    if (broker?.port !== kafka) broker = { port: kafka, broker: world.broker(kafka) }
    return broker.broker
  }
  return {
    async read() {
      const stack = await world.runtime.inspect()
      if (!stack) return undefined
      const [{ records, mismatches }, provider, backend] = await Promise.all([
        readRecords(await brokerOf(stack.launch), () => world.clock.now()),
        world.stats.provider(statsPort(stack.launch, 'provider')),
        world.stats.backend(statsPort(stack.launch, 'backend')),
      ])
      return { at: world.clock.now(), stack, records, mismatches, provider, backend }
    },
    async close() {
      await broker?.broker.close()
      broker = undefined
    },
  }
}

/** Sums what the committed offsets tell; a broker that does not answer is the why. */
export async function readRecords(
  broker: Broker,
  now: () => number,
): Promise<{ records: Reading<RecordSums>; mismatches: readonly CountMismatch[] }> {
  try {
    const { sums, mismatches } = sumRecords(await broker.progress())
    return { records: known(sums, now()), mismatches }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { records: unknown(`Kafka does not answer: ${why}`), mismatches: [] }
  }
}
