import type { Step } from '@radtune/core/advice'
import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { runStep } from '../src/services/run-step.ts'
import { emptyFolder, runCommand } from './run-command.ts'
import { steppingIn } from './stepping.ts'

const longerSession: Step = {
  rule: 'memory-high',
  effect: 'restart',
  changes: [{ key: 'consumer.sessionTimeout', from: 30_000, to: 45_000 }],
  stage: 'workers',
  why: 'of the test',
  expected: [{ metric: 'p99', unit: 'ms', better: 'lower', from: 41, low: 41, high: 41 }],
  cost: 'the workers restart',
}

let memory: MemoryWorld
let projectDir: string

beforeEach(async () => {
  memory = createMemoryWorld()
  memory.machine.memoryBytes = 16 * 1024 ** 3
  projectDir = emptyFolder()
  const argv = ['up', '--quiet']
  const world = { stackWorld: async () => memory }
  expect(await runCommand(argv, { workingDir: projectDir, world })).toMatchObject({ exitCode: 0 })
  await memory.clock.sleep(60_000)
})

/** Makes the step; `onProgress` is told what it does as it goes on. */
async function run(onProgress: (what: string) => void) {
  const stepping = await steppingIn(projectDir, async () => memory, { intervalMs: 1000, verifyMs: 20_000 })
  const { observer, journal, applying } = stepping
  try {
    await observer.observe(() => true, applying.signal)
    const step = { step: longerSession, finding: undefined, by: 'a test' }
    const outcome = await runStep({ ...stepping, onProgress }, step)
    return { ...outcome, settledAt: (await journal.read()).at(-1)?.settledAt ?? 0 }
  } finally {
    await observer.close()
  }
}

describe('a step that restarts a service', () => {
  /** Records wait from the restart on, for so long; what arrived in the last ten seconds while they did was late. */
  function pilesUpFor(ms: number) {
    const { pipeline, clock } = memory
    let until: number | undefined
    let lastLateAt = Number.NEGATIVE_INFINITY
    pipeline.p99Ms = () => {
      if (pipeline.processAtMost !== Number.POSITIVE_INFINITY) lastLateAt = clock.now()
      return clock.now() - lastLateAt < 10_000 ? 1200 : 41
    }
    return (what: string) => {
      if (what === 'settling' && until === undefined) {
        until = clock.now() + ms
        pipeline.processAtMost = 60_000
      } else if (what.startsWith('taking back') || clock.now() >= (until ?? Number.POSITIVE_INFINITY))
        pipeline.processAtMost = Number.POSITIVE_INFINITY
    }
  }

  test('is compared when what piled up meanwhile is caught up, and no latency looks back to it', async () => {
    const said = new Set<string>()
    const pile = pilesUpFor(40_000)
    const { verdict, appliedAt, settledAt } = await run((what) => {
      said.add(what)
      pile(what)
    })
    expect(verdict.verdict, verdict.sentence).toBe('kept')
    expect(said).toContain('catching up')
    expect(settledAt - appliedAt).toBeGreaterThanOrEqual(50_000)
    expect(settledAt - appliedAt).toBeLessThan(60_000)
  })

  test('is compared after all, and taken back, when it is never caught up', async () => {
    const { verdict, appliedAt, settledAt } = await run(pilesUpFor(3_600_000))
    expect(verdict.verdict, verdict.sentence).toBe('reverted')
    // 15 s to settle, 5 minutes to catch up, 10 s that latencies look back.
    expect(settledAt - appliedAt).toBeGreaterThanOrEqual(320_000)
    expect(settledAt - appliedAt).toBeLessThan(330_000)
  })
})
