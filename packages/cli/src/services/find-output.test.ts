import { HEADERS } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryBroker, createMemoryPipeline } from '../adapters/memory/memory-pipeline.ts'
import type { Broker, LoggedRecord } from '../ports/broker.ts'
import { findOutput } from './find-output.ts'

const TOPIC = 'normal-data'

function recordAt(offset: number, source: string | undefined): LoggedRecord {
  const headers = new Map(source === undefined ? [] : [[HEADERS.source, source]])
  return { offset, timestampMs: 0, key: null, value: null, headers }
}

/** A broker with partition 0 of one output, and how often it was read. */
function brokerWith(low: number, records: LoggedRecord[]): { broker: Broker; reads: () => number } {
  const pipeline = createMemoryPipeline()
  pipeline.log = { topics: { [TOPIC]: [{ low, records }] }, committed: [] }
  const memory = createMemoryBroker(pipeline, () => 0)
  let reads = 0
  return {
    reads: () => reads,
    broker: {
      ...memory,
      readLog: (place) => {
        reads += 1
        return memory.readLog(place)
      },
    },
  }
}

describe('the search for an output', () => {
  it('finds what is there and nothing else, whatever lies between and whatever is gone', async () => {
    const step = fc.record({
      /** Input offsets and own offsets left out before this record. */
      dropped: fc.integer({ min: 0, max: 3 }),
      hole: fc.integer({ min: 0, max: 4 }),
      source: fc.constantFrom('own', 'own', 'own', 'none', 'other partition'),
    })
    await fc.assert(
      fc.asyncProperty(fc.nat(50), fc.array(step, { maxLength: 60 }), async (low, steps) => {
        let offset = low - 1
        let next = low
        const sources = new Map<number, number>()
        const records = steps.map(({ dropped, hole, source }) => {
          offset += 1 + hole
          next += dropped
          if (source !== 'own') return recordAt(offset, source === 'none' ? undefined : `7:${next}`)
          sources.set(next, offset)
          return recordAt(offset, `0:${next++}`)
        })
        const { broker } = brokerWith(low, records)
        const log = { topic: TOPIC, partition: 0, low, end: offset + 1 }
        const first = Math.min(...sources.keys())
        for (let source = 0; source <= next; source += 1) {
          const found = await findOutput(broker, log, source)
          const at = sources.get(source)
          if (at === undefined) expect(found.kind).toBe(low === 0 || source > first ? 'none' : 'lost')
          else expect(found).toMatchObject({ kind: 'found', record: { offset: at } })
        }
      }),
      { numRuns: 60 },
    )
  })

  it('reads some twenty times for a hundred thousand records', async () => {
    const records = Array.from({ length: 100_000 }, (_, index) => recordAt(index, `0:${index * 2}`))
    const { broker, reads } = brokerWith(0, records)
    const log = { topic: TOPIC, partition: 0, low: 0, end: records.length }
    expect(await findOutput(broker, log, 123_456)).toMatchObject({ record: { offset: 61_728 } })
    expect(await findOutput(broker, log, 123_457)).toEqual({ kind: 'none' })
    expect(reads()).toBeLessThan(40)
  })
})
