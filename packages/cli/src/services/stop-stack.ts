import type { RecordSums } from '@radtune/core/contract'
import type { Reading } from '@radtune/core/metrics'
import type { RuntimeEvent } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { readRecords } from './read-status.ts'

export type StopOutcome =
  | { kind: 'nothing-ran' }
  /** `records` as of the last moment at which Kafka answered. */
  | { kind: 'stopped'; services: readonly string[]; records: Reading<RecordSums>; elapsedMs: number }

/**
 * Stops the stack of the project in reverse order with grace. Reads the sums once more when the last worker has gone, while
 * Kafka still answers, so that what is left in flight is what the next launch begins with. Throws RT-UP-002.
 */
export async function stopStack(
  { runtime, project, broker, clock }: StackWorld,
  { onEvent }: { onEvent: (event: RuntimeEvent) => void },
): Promise<StopOutcome> {
  const lock = await project.lock('down')
  try {
    let leftBehind = false
    const stack = await runtime.inspect({
      onEvent(event) {
        leftBehind = true
        onEvent(event)
      },
    })
    // Also without a stack to see: a killed supervisor leaves services that a stop finds.
    if (!stack) {
      const stopped = await runtime.stop({ onEvent })
      if (!stopped && !leftBehind) return { kind: 'nothing-ran' }
    }
    const startedAt = clock.now()
    const connection = stack && broker(stack.launch.ports.kafka)
    const read = async () =>
      connection
        ? (await readRecords(connection, () => clock.now())).records
        : ({ known: false, why: 'the stack was found without its supervisor' } as const)
    let records = await read()
    let latest: Promise<void> = Promise.resolve()
    const working = new Set(
      stack?.launch.spec.services.filter(({ role }) => role === 'worker').map(({ name }) => name),
    )
    try {
      if (stack)
        await runtime.stop({
          onEvent(event) {
            onEvent(event)
            if (event.kind !== 'service' || event.condition !== 'stopped' || !working.delete(event.name))
              return
            if (working.size > 0) return
            latest = read().then((reading) => {
              if (reading.known) records = reading
            })
          },
        })
      await latest
    } finally {
      await connection?.close()
    }
    return {
      kind: 'stopped',
      services: stack?.services.filter(({ pid }) => pid !== undefined).map(({ name }) => name) ?? [],
      records,
      elapsedMs: clock.now() - startedAt,
    }
  } finally {
    await lock.release()
  }
}
