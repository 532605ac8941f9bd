import type { RecordSums } from '@radtune/core/contract'
import type { Reading } from '@radtune/core/metrics'
import type { RuntimeEvent } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { readRecords } from './read-status.ts'

export type StopOutcome = (
  | { kind: 'nothing-ran' }
  /** `records` as of the last moment at which Kafka answered. */
  | { kind: 'stopped'; services: readonly string[]; records: Reading<RecordSums>; elapsedMs: number }
) & {
  /** The data that were dropped, when that was asked for and there were any. */
  dropped: { profile: string; bytes: number } | undefined
}

/**
 * Stops the stack of the project in reverse order with grace. Reads the sums once more when the last worker has gone, while
 * Kafka still answers, so that what is left in flight is what the next launch begins with. With `dropData` the records are
 * dropped afterwards. Throws RT-UP-002.
 */
export async function stopStack(
  world: StackWorld,
  { onEvent, dropData = false }: { onEvent: (event: RuntimeEvent) => void; dropData?: boolean },
): Promise<StopOutcome> {
  const lock = await world.project.lock('down')
  try {
    const outcome = await stopServices(world, onEvent)
    const data = dropData ? await world.runtime.data() : undefined
    if (data) await world.runtime.dropData()
    return { ...outcome, dropped: data }
  } finally {
    await lock.release()
  }
}

type Stopped = Omit<Extract<StopOutcome, { kind: 'stopped' }>, 'dropped'> | { kind: 'nothing-ran' }

async function stopServices(
  { runtime, broker, clock }: StackWorld,
  onEvent: (event: RuntimeEvent) => void,
): Promise<Stopped> {
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
          if (event.kind !== 'service' || event.condition !== 'stopped' || !working.delete(event.name)) return
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
}
