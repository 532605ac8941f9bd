import { RadtuneError } from '@radtune/core/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryDoctorAnswers } from '../adapters/memory/memory-doctor.ts'
import { createMemoryWorld, type MemoryWorld } from '../adapters/memory/memory-world.ts'
import { plannedSpec } from '../adapters/memory/planned-spec.ts'
import { examineMachine } from './examine-machine.ts'

const GIB = 1024 ** 3
let world: MemoryWorld

beforeEach(() => {
  world = createMemoryWorld()
})

const examined = (spec = plannedSpec('4c8g')) =>
  examineMachine(world, { spec, signal: new AbortController().signal })

async function verdictOf(id: string) {
  const { checks } = await examined()
  return checks.find((check) => check.id === id)
}

describe('examineMachine', () => {
  it('finds nothing on a machine on which all is well; an engine that is away is a note', async () => {
    const { checks, counts } = await examined()
    expect(counts).toEqual({ ok: 10, note: 2, problem: 0, unchecked: 0 })
    for (const { found } of checks) expect(found).not.toMatch(/undefined|NaN/)
    expect(checks.find(({ id }) => id === 'engine')?.found).toContain('not needed for the local runtime')
  })

  const problems: [string, Partial<MemoryDoctorAnswers>, RegExp][] = [
    ['limits', { limits: { how: 'cgroup v1', trial: { limitCpus: 0.2, usedCpus: 0.98 } } }, /got 0\.98/],
    ['disk', { freeDiskBytes: GIB }, /1 GiB are free; logs take up to 33\.1 GiB/],
    [
      'ports',
      { portsInUse: [{ port: 9092, owner: 'java (pid 7)' }] },
      /9092 \(kafka\) is in use by java \(pid 7\)/,
    ],
    ['ports', { portsInUse: [{ port: 9101, owner: undefined }] }, /9101 \(worker-2\) is in use$/],
    ['java', { java: new RadtuneError('RT-LOCAL-001', { what: 'Java is not installed' }) }, /not installed/],
    ['kafka', { kafka: { version: '4.3.1', cached: false, maven: undefined } }, /no mvn/],
    ['open files', { openFiles: 1024 }, /1,024 may be open; the broker needs about 2,950/],
    ['clock', { clock: { jumpMs: -900, watchedMs: 500, synchronised: true } }, /moved by -900 ms/],
  ]

  it.each(problems)('%s can be a problem, with a way out', async (id, answers, says) => {
    Object.assign(world.answers, answers)
    const verdict = await verdictOf(id)
    expect(verdict).toMatchObject({ state: 'problem', found: expect.stringMatching(says) })
    expect(verdict?.fix).not.toEqual([])
  })

  const notes: [string, Partial<MemoryDoctorAnswers>, RegExp][] = [
    [
      'limits',
      { limits: { how: 'advisory (no control groups)', trial: undefined } },
      /limits are advice here/,
    ],
    ['disk', { freeDiskBytes: 40 * GIB }, /40 GiB are free/],
    ['clock', { clock: { jumpMs: 1, watchedMs: 500, synchronised: false } }, /not kept in step/],
    ['open files', { openFiles: undefined }, /does not tell/],
    ['compose', { compose: '1.29.2' }, /too old/],
  ]

  it.each(notes)('%s can be a note', async (id, answers, says) => {
    Object.assign(world.answers, answers)
    expect(await verdictOf(id)).toMatchObject({ state: 'note', found: expect.stringMatching(says) })
  })

  it('misses the engine, and nothing that containers bring with them, where the docker runtime is chosen', async () => {
    world.runtime = { ...world.runtime, name: 'docker' }
    world.answers.java = new RadtuneError('RT-LOCAL-001', { what: 'Java is not installed' })
    const { checks, runtime } = await examined()
    expect(runtime).toBe('docker')
    expect(checks.map(({ id }) => id)).toEqual([
      'platform',
      'memory',
      'disk',
      'ports',
      'clock',
      'engine',
      'compose',
    ])
    expect(checks.filter(({ state }) => state === 'problem').map(({ id }) => id)).toEqual([
      'engine',
      'compose',
    ])
    world.answers.engine = { version: '28.1', address: 'unix:///run/docker.sock', cgroup: 'cgroup v2' }
    world.answers.compose = '2.19.1'
    expect(await verdictOf('compose')).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('2.20'),
    })
    world.answers.compose = '5.6.0'
    expect((await examined()).counts.problem).toBe(0)
  })

  it('is at ease with what will be fetched and with an engine that answers', async () => {
    world.answers.kafka = { version: '4.3.1', cached: false, maven: '/usr/bin/mvn' }
    world.answers.engine = { version: '28.1', address: 'unix:///run/docker.sock', cgroup: 'cgroup v2' }
    world.answers.compose = '2.30.0'
    expect((await examined()).counts).toMatchObject({ ok: 12, problem: 0 })
  })

  it('lets a check fail alone, and does not wait for one that never answers', async () => {
    world.answers.freeDiskBytes = new Error('EIO')
    world.answers.limits = 'never'
    const { checks, counts } = await examined()
    expect(counts).toMatchObject({ unchecked: 2, problem: 0 })
    expect(checks.find(({ id }) => id === 'limits')?.found).toBe('no answer within 15 s')
    expect(checks.find(({ id }) => id === 'disk')?.found).toBe('EIO')
  })

  it('holds memory against the profile', async () => {
    world.machine.memoryBytes = 4 * GIB
    expect(await verdictOf('memory')).toMatchObject({
      state: 'problem',
      fix: ['radtune up --profile auto', expect.anything()],
    })
    world.machine.memoryBytes = 8 * GIB
    world.machine.availableMemoryBytes = GIB
    expect(await verdictOf('memory')).toMatchObject({
      state: 'note',
      found: expect.stringContaining('1 GiB are free'),
    })
  })
})
