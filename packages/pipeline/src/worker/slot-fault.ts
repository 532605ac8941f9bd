import { crc32 } from 'node:zlib'
import { ENVIRONMENT, parseSlotFault, type SlotFault } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'

/** A fault at work in a slot's thread. */
export interface PlantedFault {
  /** To be called for each record; undefined where records cost no more. */
  perRecord: (() => void) | undefined
  /** Lets go of what it holds. */
  stop(): void
}

/** The fault that RADTUNE_SLOT_FAULT asks for; undefined without it. Throws RT-SET-001. */
export function readSlotFault(
  environment: Readonly<Record<string, string | undefined>>,
): SlotFault | undefined {
  const text = environment[ENVIRONMENT.slotFault]
  if (text === undefined || text === '') return undefined
  const fault = parseSlotFault(text)
  if (fault.ok) return fault.value
  throw new RadtuneError('RT-SET-001', {
    what: `${ENVIRONMENT.slotFault}: ${fault.problem}`,
    fix: [`unset ${ENVIRONMENT.slotFault}`],
  })
}

const LEAK_INTERVAL_MS = 100

/** Plants a fault in this thread. */
export function plantSlotFault(fault: SlotFault): PlantedFault {
  switch (fault.kind) {
    case 'work':
      return { perRecord: workOf(fault.microseconds), stop: () => undefined }
    case 'hold': {
      const held = [heapOf(fault.bytes)]
      return { perRecord: undefined, stop: () => held.splice(0) }
    }
    case 'leak': {
      const held: unknown[] = []
      const leakedFrom = performance.now()
      let leakedBytes = 0
      const leaking = setInterval(() => {
        const due = ((performance.now() - leakedFrom) / 1000) * fault.bytesPerSecond - leakedBytes
        held.push(heapOf(due))
        leakedBytes += due
      }, LEAK_INTERVAL_MS)
      return {
        perRecord: undefined,
        stop() {
          clearInterval(leaking)
          held.splice(0)
        },
      }
    }
  }
}

/** An object of three fields takes six words, and its place in an array one more. */
const ITEM_BYTES = 56

/** As much of the V8 heap as so many bytes, in small objects that each collection has to mark. */
function heapOf(bytes: number): unknown {
  return Array.from({ length: Math.round(bytes / ITEM_BYTES) }, (_, index) => ({ index, left: 0, right: 0 }))
}

/** Summed in a microsecond or so. */
const summed = Buffer.alloc(4096, 'radtune')
const CALIBRATION_TURNS = 100
/** About a second: cores share their speed with others, so that the best of a few milliseconds is as little as half of what a quiet one makes. */
const CALIBRATIONS = 5000

/**
 * Burns so much CPU: sums of a buffer, as many as this machine makes in that time when nothing else takes the core. A loop up to a
 * time of the clock would cost less on a busy machine, where the clock runs on while the thread waits; and a loop in JavaScript
 * runs at another speed each time that it is compiled anew.
 */
function workOf(microseconds: number): () => void {
  const runs = Array.from({ length: CALIBRATIONS }, () => {
    const startedAt = performance.now()
    burn(CALIBRATION_TURNS)
    return performance.now() - startedAt
  })
  const turns = Math.max(1, Math.round((CALIBRATION_TURNS * microseconds) / 1000 / Math.min(...runs)))
  return () => burn(turns)
}

function burn(turns: number): void {
  for (let turn = 0; turn < turns; turn += 1) crc32(summed)
}
