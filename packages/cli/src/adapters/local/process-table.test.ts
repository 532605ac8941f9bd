import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { explainExit } from './exit-reason.ts'
import { isSameProcess, parsePs, readProcess } from './process-table.ts'
import { membersOf } from './service-usage.ts'

describe('readProcess', () => {
  it('knows this process, and by its start tells it from another of the same pid', async () => {
    const self = await readProcess(process.pid)
    expect(self).toMatchObject({ pid: process.pid, parentPid: process.ppid })
    expect(self?.residentBytes).toBeGreaterThan(10_000_000)
    expect(await isSameProcess({ pid: process.pid, startToken: self?.startToken ?? '' })).toBe(true)
    expect(await isSameProcess({ pid: process.pid, startToken: 'earlier' })).toBe(false)
  })

  it('does not count an ended process', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => child.once('exit', resolve))
    expect(await readProcess(child.pid as number)).toBeUndefined()
  })
})

it('parsePs reads what ps of macOS prints', () => {
  const text = `  812     1   812  10240   0:01.52 Tue Nov 24 01:44:58 2026 Ss
  813   812   812   2048 1-02:03:04 Tue Nov  3 01:45:00 2026 R+
  814   812   812      0   0:00.00 Tue Nov 24 01:45:00 2026 Z`
  expect(parsePs(text)).toEqual([
    {
      pid: 812,
      parentPid: 1,
      groupPid: 812,
      residentBytes: 10_485_760,
      cpuMs: 1520,
      startToken: 'Tue Nov 24 01:44:58 2026',
    },
    {
      pid: 813,
      parentPid: 812,
      groupPid: 812,
      residentBytes: 2_097_152,
      cpuMs: 93_784_000,
      startToken: 'Tue Nov 3 01:45:00 2026',
    },
  ])
})

it('membersOf finds the group and all descendants, also those that left the group', () => {
  const entry = (pid: number, parentPid: number, groupPid: number) => ({
    pid,
    parentPid,
    groupPid,
    startToken: '',
    residentBytes: 0,
    cpuMs: 0,
  })
  const table = [entry(30, 20, 30), entry(20, 10, 10), entry(10, 1, 10), entry(40, 1, 10), entry(50, 1, 50)]
  expect(
    membersOf(table, 10)
      .map(({ pid }) => pid)
      .sort(),
  ).toEqual([10, 20, 30, 40])
})

describe('explainExit', () => {
  const kill = { code: null, signal: 'SIGKILL' as const, lines: [] }
  it('takes a kill for one of memory only when the kernel counts it', () => {
    expect(explainExit({ ...kill, kernelKillsBefore: 3, kernelKillsAfter: 4 }).exit.outOfMemory).toBe(true)
    expect(explainExit({ ...kill, kernelKillsBefore: 3, kernelKillsAfter: 3 }).exit.outOfMemory).toBe(false)
    const unknown = explainExit({ ...kill, kernelKillsBefore: undefined, kernelKillsAfter: undefined })
    expect(unknown).toMatchObject({
      exit: { outOfMemory: false },
      reason: expect.stringContaining('likely for memory'),
    })
  })

  it.each([
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', null, 'SIGABRT'],
    ['Terminating due to java.lang.OutOfMemoryError: Java heap space', 3, null],
    ['Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit', 1, null],
  ] as const)('reads it from %s', (line, code, signal) => {
    const counts = { kernelKillsBefore: 0, kernelKillsAfter: 0 }
    expect(explainExit({ code, signal, lines: ['before', line, 'after'], ...counts }).exit.outOfMemory).toBe(
      true,
    )
  })
})
