import type { PartitionProgress } from '@radtune/core/contract'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createBacklogGate } from './backlog-gate.ts'

const backlog = (records: number): PartitionProgress[] => [
  { partition: 0, low: 0, end: records, committed: undefined, counters: undefined },
]

function gateOver(read: () => Promise<PartitionProgress[]>) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const problems: unknown[] = []
  const gate = createBacklogGate({ most: 1000, progress: read, onProblem: (error) => problems.push(error) })
  onTestFinished(() => gate.close())
  return { gate, problems, later: () => vi.advanceTimersByTimeAsync(500) }
}

it('closes at the limit and opens well below it', async () => {
  let records = 999
  const { gate, later } = gateOver(async () => backlog(records))
  await later()
  expect(gate.wait()).toBeUndefined()
  records = 1000
  await later()
  const closed = gate.wait()
  expect(closed).toBeInstanceOf(Promise)
  records = 900
  await later()
  expect(gate.wait()).toBe(closed)
  records = 799
  await later()
  await closed
  expect(gate.wait()).toBeUndefined()
})

it('stays as it is, and says so, while the backlog cannot be read', async () => {
  let answer: () => Promise<PartitionProgress[]> = async () => backlog(5000)
  const { gate, problems, later } = gateOver(() => answer())
  await later()
  const closed = gate.wait()
  answer = () => Promise.reject(new Error('away'))
  await later()
  expect(gate.wait()).toBe(closed)
  expect(problems).toHaveLength(1)
})

it('lets everybody through when it is closed for good', async () => {
  const { gate, later } = gateOver(async () => backlog(5000))
  await later()
  const closed = gate.wait()
  gate.close()
  await closed
})
