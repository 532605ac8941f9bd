import { known } from '@radtune/core/metrics'
import type { ServiceSpec } from '@radtune/core/stack'
import type { ContainerInspectInfo } from 'dockerode'
import { describe, expect, it } from 'vitest'
import { plannedSpec } from '../memory/planned-spec.ts'
import { conditionOf, serviceStateOf } from './container-state.ts'
import { type StatsLook, usageOf } from './container-usage.ts'

const kafka = plannedSpec('4c8g').services.find(({ name }) => name === 'kafka') as ServiceSpec

type State = Partial<ContainerInspectInfo['State']>
type HostConfig = Partial<ContainerInspectInfo['HostConfig']>

function container(state: State = {}, host: HostConfig = {}, restarts = 0): ContainerInspectInfo {
  return {
    Id: 'c1',
    RestartCount: restarts,
    State: {
      Status: 'running',
      Running: true,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: 42,
      ExitCode: 0,
      Error: '',
      StartedAt: '2026-11-24T10:00:00.000Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      ...state,
    },
    HostConfig: { Memory: 1024 ** 3, NanoCpus: 5e8, ...host },
  } as ContainerInspectInfo
}

const health = (status: 'starting' | 'healthy' | 'unhealthy', output = ''): State => ({
  Health: { Status: status, FailingStreak: 0, Log: [{ Start: '', End: '', ExitCode: 0, Output: output }] },
})
const seen = { usage: undefined, lastEnd: undefined, how: 'by the engine' }

describe('what the engine says of a container', () => {
  it.each<[State, string]>([
    [{}, 'healthy'],
    [health('starting'), 'starting'],
    [health('healthy'), 'healthy'],
    [health('unhealthy'), 'unhealthy'],
    [{ Paused: true }, 'unhealthy'],
    [{ Restarting: true, Running: true }, 'restarting'],
    [{ Running: false, Status: 'created' }, 'waiting'],
    [{ Running: false, Status: 'exited', ExitCode: 0 }, 'stopped'],
    [{ Running: false, Status: 'exited', ExitCode: 1 }, 'failed'],
    [{ Running: false, Status: 'removing' }, 'stopping'],
  ])('%j is %s', (state, condition) => {
    expect(conditionOf(container(state).State)).toBe(condition)
  })

  it('has a process only while it runs', () => {
    expect(serviceStateOf(kafka, container(), seen)).toMatchObject({
      pid: 42,
      exit: undefined,
      reason: undefined,
    })
    const ended = container({ Running: false, Status: 'exited', ExitCode: 3, Pid: 0 })
    expect(serviceStateOf(kafka, ended, seen)).toMatchObject({
      pid: undefined,
      exit: { code: 3, outOfMemory: false },
      reason: 'ended with exit code 3',
    })
  })

  it('shows what the health check said last', () => {
    const sick = container(health('unhealthy', 'noise\nKafka has not answered for 7 s\n'))
    expect(serviceStateOf(kafka, sick, seen).reason).toBe('Kafka has not answered for 7 s')
  })

  it('knows a kill for memory after the restart, when the state has forgotten its exit code', () => {
    const back = container(health('starting'), {}, 2)
    const lastEnd = { code: 137, outOfMemory: true }
    expect(serviceStateOf(kafka, back, { ...seen, lastEnd })).toMatchObject({
      condition: 'starting',
      restarts: 2,
      exit: { code: 137, signal: 'SIGKILL', outOfMemory: true },
    })
    const down = container({ Running: false, Status: 'exited', ExitCode: 137, OOMKilled: true })
    expect(serviceStateOf(kafka, down, seen).reason).toContain('out of memory: its limit is 1 GiB')
  })

  it('reads the limits back, as docker update may have changed them', () => {
    const changed = container({}, { Memory: 512 * 1024 ** 2, NanoCpus: 9e8 })
    expect(serviceStateOf(kafka, changed, seen).limits).toEqual({
      memoryBytes: 512 * 1024 ** 2,
      cpus: 0.9,
      enforced: true,
      how: 'by the engine',
    })
    const quota = container({}, { NanoCpus: 0, CpuQuota: 25_000, CpuPeriod: 50_000 })
    expect(serviceStateOf(kafka, quota, seen).limits).toMatchObject({ cpus: 0.5, enforced: true })
    const free = container({}, { Memory: 0, NanoCpus: 0 })
    expect(serviceStateOf(kafka, free, seen).limits).toMatchObject({
      enforced: false,
      how: expect.stringContaining('no CPU'),
    })
  })
})

describe('the counters of a container', () => {
  const started = Date.parse('2026-11-24T10:00:00.000Z')
  const look = (seconds: number, cpuNs: number, [periods, throttled] = [0, 0], cache = {}): StatsLook => ({
    at: 1_000,
    stats: {
      read: new Date(started + seconds * 1000).toISOString(),
      memory_stats: { usage: 300, limit: 1024, stats: cache },
      cpu_stats: {
        cpu_usage: { total_usage: cpuNs },
        throttling_data: { periods, throttled_periods: throttled, throttled_time: throttled * 1e6 },
      },
    } as unknown as StatsLook['stats'],
  })

  it.each([
    ['cgroup v1', { total_inactive_file: 100, inactive_file: 40 }],
    ['cgroup v2', { inactive_file: 100 }],
  ])('memory is the working set with %s, at the time at which it came', (_, cache) => {
    const { memoryBytes } = usageOf(look(0, 0, [0, 0], cache), { before: undefined })
    expect(memoryBytes).toEqual(known(200, 1_000))
  })

  it('CPU is that between two looks by the clock of the engine, throttling since the earliest', () => {
    const [earliest, before] = [look(0, 0, [90, 90]), look(8, 1e9, [100, 90])]
    const usage = usageOf(look(10, 2e9, [120, 95]), { before, earliest })
    expect(usage.cpus).toMatchObject({ known: true, value: 0.5 })
    expect(usage.throttling).toMatchObject({
      known: true,
      value: { periods: 120, throttledPeriods: 95, recentShare: 5 / 30 },
    })
  })

  it('are unknown where there is nothing to compare with, also after a restart', () => {
    const after = look(2, 5e8)
    expect(usageOf(after, { before: undefined }).cpus).toMatchObject({ known: false })
    expect(usageOf(after, { before: look(0, 1e9) }).cpus).toMatchObject({ known: false })
    expect(usageOf(after, { before: undefined }).throttling).toMatchObject({
      known: false,
      why: 'no CPU limit is enforced',
    })
  })
})
