import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FlinkProcess, flinkMemory, readFlinkProperties } from './index.ts'

interface Vector {
  component: FlinkProcess
  settings: Record<string, string>
  accepted: boolean
  derived?: Record<string, number>
}

/** What Flink 2.2.1 itself answered to these settings. */
const vectors: Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../test/flink/memory-vectors.json'), 'utf8'),
)

describe('flinkMemory', () => {
  it('answers as Flink does, to the byte, whatever is set', () => {
    expect(vectors.length).toBeGreaterThan(300)
    for (const { component, settings, accepted, derived } of vectors) {
      const memory = flinkMemory(component, new Map(Object.entries(settings)))
      expect(memory.ok, JSON.stringify({ settings, memory })).toBe(accepted)
      if (!memory.ok || derived === undefined) continue
      const ours =
        component === 'jobmanager'
          ? { jvmHeap: memory.heapBytes }
          : {
              taskHeap: memory.taskHeapBytes,
              managedMemory: memory.managedBytes,
              networkMemory: memory.networkBytes,
            }
      expect(derived, JSON.stringify(settings)).toMatchObject({
        ...ours,
        jvmOverhead: memory.overheadBytes,
        totalFlinkMemory: memory.flinkBytes,
        totalProcessMemory: memory.processBytes,
      })
    }
  })

  it('says why the documented JobManager does not start', () => {
    const settings = readFlinkProperties(
      'jobmanager.memory.process.size: 1536m\njobmanager.memory.heap.size: 1024m # too much\njobmanager.memory.jvm-metaspace.size: 256m',
    )
    expect(flinkMemory('jobmanager', settings)).toEqual({
      ok: false,
      problem: '128m are left for the overhead of the JVM, which has to be between 192m and 1024m',
    })
  })
})
