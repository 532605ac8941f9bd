import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import { adviseUntil, applying, isDecided, pins, SHORT, setting, up, VERIFY_MS } from './advise-stack.ts'
import { exactSums } from './exact-sums.ts'
import { withProject } from './radtune.ts'
import { readLaunch, readPids } from './read-stack.ts'

const MIB = 1024 * 1024

const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

describe.skipIf(obstacle !== undefined)(
  `advice about planted faults, on real Kafka${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 180_000 },
  () => {
    it('under-parallel: more slots, by how much they can do, and what waits drains', async () => {
      await withProject(async (project) => {
        // The machine of a test has other work too.
        await up(project, '--demo', 'under-parallel', ...SHORT, ...pins('monitor.busyShare=0.99'))
        // What is before is to be the slot at work, not its first seconds.
        await delay(12_000)
        // What overloaded slots put out varies by more than a few seconds can tell.
        const { advice, outcome } = await adviseUntil(
          project,
          applying('throughput-low', 2 * VERIFY_MS),
          isDecided,
        )
        const [change] = advice.next?.changes ?? []
        expect(change).toMatchObject({ key: 'pipeline.parallelism', from: 1 })
        // On a machine with nothing else to do 2; a slot that has to share its core does less, and more of them are needed.
        expect([2, 3]).toContain(change?.to)
        expect(advice.next?.why).toMatch(/^a slot can do [\d,]+\/s .* slots do [\d,]+\/s to [\d,]+\/s/)
        expect(outcome?.verdict.verdict, outcome?.verdict.sentence).toBe('kept')
        const out = outcome?.verdict.comparisons.find(({ metric }) => metric === 'out')
        expect(out?.after).toBeGreaterThan(out?.before ?? 0)
        expect(await setting(project, 'pipeline.parallelism')).toBe(change?.to)
      })
    })

    it('memory: a larger heap, one service restarted for it, and every record in its place', async () => {
      await withProject(async (project) => {
        await up(project, '--demo', 'memory', ...SHORT)
        const before = await readPids(project)
        const { advice, outcome } = await adviseUntil(project, applying('memory-high'), isDecided)
        expect(advice.findings[0]?.sentence).toMatch(
          /^worker-1 spends \d+ % of its time in garbage collection$/,
        )
        expect(advice.next).toMatchObject({
          effect: 'restart',
          changes: [{ key: 'worker.heap', from: 256 * MIB, to: 384 * MIB }],
        })
        expect(outcome?.verdict.verdict, outcome?.verdict.sentence).toBe('kept')
        const after = await readPids(project)
        const restarted = Object.keys(after).filter((name) => after[name] !== before[name])
        expect(restarted).toEqual(['worker-1'])
        const { slotFault } = await readLaunch(project)
        expect(slotFault, 'what was planted is still there').toBe('hold=168MiB')
        const { sums, counts } = await exactSums(project)
        const { normal, critical, dirty } = counts
        expect(counts).toMatchObject({ repeated: [], orphans: 0, misplaced: 0, outOfOrder: 0 })
        expect(sums).toMatchObject({ in: counts.in, normal, critical, dirty })
        expect(normal + critical + dirty + sums.duplicates).toBe(counts.in)
      })
    })
  },
)
