import { describe, expect, it } from 'vitest'
import { runningWorld } from '../../test/running-world.ts'
import { createMemoryWorld } from '../adapters/memory/memory-world.ts'
import type { LogLine } from '../ports/runtime.ts'
import { readLogs } from './read-logs.ts'
import { createStatusReader, readStatus } from './read-status.ts'
import { stopStack } from './stop-stack.ts'

describe('readStatus', () => {
  it('is undefined when nothing runs', async () => {
    expect(await readStatus(createMemoryWorld())).toBeUndefined()
  })

  it('accounts for every record', async () => {
    const report = await readStatus(await runningWorld())
    if (!report?.records.known) throw new Error('no records')
    const { in: all, normal, critical, dirty, duplicates, inFlight } = report.records.value
    expect(all).toBeGreaterThan(0)
    expect(normal + critical + dirty + duplicates + inFlight).toBe(all)
    expect(report.mismatches).toEqual([])
    expect(report.provider).toMatchObject({ known: true })
  })

  it('says why when Kafka and the services do not answer, instead of counting nothing', async () => {
    const world = await runningWorld()
    world.pipeline.brokerDown = true
    world.pipeline.silent.add('backend')
    const report = await readStatus(world)
    expect(report?.records).toEqual({ known: false, why: expect.stringContaining('ECONNREFUSED') })
    expect(report?.backend).toMatchObject({ known: false })
    expect(report?.stack.services).toHaveLength(6)
  })

  it('reports a partition whose counters do not add up', async () => {
    const world = await runningWorld()
    world.pipeline.miscounted = true
    expect((await readStatus(world))?.mismatches).toEqual([expect.objectContaining({ partition: 0 })])
  })

  it('reads again over one connection, and goes on when the stack has changed its port', async () => {
    const world = await runningWorld()
    const opened: number[] = []
    const { broker } = world
    world.broker = (port) => {
      opened.push(port)
      return broker(port)
    }
    const reader = createStatusReader(world)
    await reader.read()
    await reader.read()
    expect(opened).toEqual([9092])
    await reader.close()
  })
})

describe('stopStack', () => {
  it('says so when nothing ran', async () => {
    expect(await stopStack(createMemoryWorld(), { onEvent: () => undefined })).toEqual({
      kind: 'nothing-ran',
    })
  })

  it('stops in reverse order and tells the sums that Kafka kept', async () => {
    const world = await runningWorld()
    const outcome = await stopStack(world, { onEvent: () => undefined })
    expect(outcome).toMatchObject({ kind: 'stopped', records: { known: true } })
    expect(world.script.stopped.at(-1)).toBe('kafka')
    expect(await world.runtime.inspect()).toBeUndefined()
    expect(world.project.holder).toBeUndefined()
  })

  it('stops also when Kafka does not answer', async () => {
    const world = await runningWorld()
    world.pipeline.brokerDown = true
    expect(await stopStack(world, { onEvent: () => undefined })).toMatchObject({
      kind: 'stopped',
      records: { known: false, why: expect.stringContaining('ECONNREFUSED') },
    })
  })

  it('waits for its turn: another operation is refused', async () => {
    const world = await runningWorld()
    world.project.holder = 'up'
    await expect(stopStack(world, { onEvent: () => undefined })).rejects.toMatchObject({ code: 'RT-UP-002' })
    expect(await world.runtime.inspect()).toBeDefined()
  })
})

describe('readLogs', () => {
  const query = { services: [] as string[], lines: 2, follow: false }
  const signal = new AbortController().signal

  async function textOf(lines: AsyncIterable<LogLine>): Promise<string[]> {
    const texts: string[] = []
    for await (const { service, text } of lines) texts.push(`${service} ${text}`)
    return texts
  }

  it('reads the last lines of all services, or of those that are named', async () => {
    const world = await runningWorld()
    world.script.logs.set('kafka', ['one', 'two', 'three'])
    world.script.logs.set('backend', ['hello'])
    const all = await readLogs(world, query, signal)
    if (all.kind !== 'lines') throw new Error(all.kind)
    expect(await textOf(all.lines)).toEqual(['kafka two', 'kafka three', 'backend hello'])
    const one = await readLogs(world, { ...query, services: ['backend', 'backend'] }, signal)
    if (one.kind !== 'lines') throw new Error(one.kind)
    expect(await textOf(one.lines)).toEqual(['backend hello'])
  })

  it('suggests the service that was meant', async () => {
    const world = await runningWorld()
    await expect(readLogs(world, { ...query, services: ['worker1'] }, signal)).rejects.toMatchObject({
      code: 'RT-CLI-020',
      exitCode: 2,
      message: expect.stringContaining('did you mean worker-1?'),
    })
  })

  it('knows the services of the last stack when none runs', async () => {
    const world = await runningWorld()
    await stopStack(world, { onEvent: () => undefined })
    expect((await readLogs(world, query, signal)).kind).toBe('lines')
    expect((await readLogs(createMemoryWorld(), query, signal)).kind).toBe('no-stack')
  })
})
