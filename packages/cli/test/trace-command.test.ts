import { HEADERS, TOPICS } from '@radtune/core/contract'
import { beforeEach, describe, expect, test } from 'vitest'
import type { MemoryLog } from '../src/adapters/memory/memory-log.ts'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import type { LoggedRecord } from '../src/ports/broker.ts'
import { type CommandRun, emptyFolder, runCommand } from './run-command.ts'

const AT = Date.UTC(2026, 0, 2, 3, 4, 5)
const READING = {
  latitude: 37.5,
  longitude: 140.25,
  value: 1234,
  unit: 'cpm',
  captured_time: '2020-01-31T23:00:00Z',
  level: 'high',
  critical: true,
  usvh: 3.6946,
  usvh_basis: 'device',
  flags: ['converted'],
}

let memory: MemoryWorld
let log: MemoryLog
let workingDir: string

/** Input offsets 10 to 21 in partition 1; the workers have committed 20, and the beginning of the log is deleted. */
beforeEach(async () => {
  memory = createMemoryWorld()
  workingDir = emptyFolder()
  log = {
    topics: {
      [TOPICS.input]: [
        { low: 0, records: [] },
        { low: 10, records: Array.from({ length: 12 }, (_, index) => input(10 + index)) },
      ],
      [TOPICS.normal]: [empty(), { low: 4, records: [9, 10, 11, 12, 15].map(kept(4)) }],
      [TOPICS.critical]: [empty(), { low: 0, records: [14].map(kept(0)) }],
      [TOPICS.dirty]: [empty(), { low: 0, records: [13, 16, 17].map(rejected) }],
    },
    committed: [null, 20],
  }
  memory.pipeline.log = log
  await run(['up', '--quiet'])
})

const empty = () => ({ low: 0, records: [] })

function input(offset: number): LoggedRecord {
  const headers: [string, string][] = [
    [HEADERS.sentAt, String(AT)],
    [HEADERS.row, `solarcast.csv:${offset}`],
  ]
  return record(offset, `{"value":"${offset}"}`, { headers, at: AT + 2 })
}

function kept(low: number): (source: number, index: number) => LoggedRecord {
  return (source, index) => {
    const headers: [string, string][] = [
      [HEADERS.source, `1:${source}`],
      [HEADERS.processedAt, String(AT + 9)],
    ]
    return record(low + index, JSON.stringify(READING), { headers, at: AT + 12 })
  }
}

const REJECTS = [
  { reason: 'unit', detail: '"celcius"' },
  { reason: 'json', detail: 'the value is not JSON' },
  { reason: 'internal', detail: 'out of luck' },
]

function rejected(source: number, index: number): LoggedRecord {
  const value = JSON.stringify({ ...REJECTS[index], raw: '' })
  return record(index, value, { headers: [[HEADERS.source, `1:${source}`]], at: AT + 30 })
}

function record(
  offset: number,
  value: string,
  { headers, at }: { headers: [string, string][]; at: number },
): LoggedRecord {
  return { offset, timestampMs: at, key: '37.5,140.2', value: Buffer.from(value), headers: new Map(headers) }
}

function run(argv: readonly string[]): Promise<CommandRun> {
  return runCommand(argv, { workingDir, world: { stackWorld: async () => memory } })
}

async function trace(place: string) {
  const { stdout, exitCode } = await run(['trace', place, '--json', '--quiet'])
  const document = answerSchemas['radtune.trace/1'].parse(JSON.parse(stdout))
  expect(document.exitCode).toBe(exitCode)
  return { data: document.data as NonNullable<typeof document.data>, exitCode }
}

const verdictsOf = ({ stages }: { stages: { verdict: string }[] }) =>
  stages.map(({ verdict }) => verdict).join(' ')

describe('radtune trace', () => {
  test('tells the stages, the times and the end of a record, aligned', async () => {
    const { stdout, stderr, exitCode } = await run(['trace', '1:14'])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    expect(stdout).toBe(
      [
        'record          radiation-data 1:14',
        'row             solarcast.csv:14',
        'key             37.5,140.2',
        'value           {"value":"14"}',
        '',
        'parse           passed  a JSON object',
        'validate        passed  1,234 cpm at 37.5, 140.25, converted from sieverts',
        'deduplicate     passed  not seen in the previous 200,000 offsets',
        'classify        passed  high, 3.6946 µSv/h, critical',
        'route           passed  to critical-data, offset 0',
        '',
        'sent-at         2026-01-02 03:04:05.000 UTC',
        'radiation-data  2026-01-02 03:04:05.002 UTC  +2 ms',
        'processed-at    2026-01-02 03:04:05.009 UTC  +7 ms',
        'critical-data   2026-01-02 03:04:05.012 UTC  +3 ms',
        '',
        'kept  in critical-data, 12 ms after it was sent',
        '',
      ].join('\n'),
    )
  })

  test('gives one JSON document', async () => {
    const { data } = await trace('1:12')
    expect(data).toMatchObject({
      partition: 1,
      offset: 12,
      key: '37.5,140.2',
      value: '{"value":"12"}',
      valueEncoding: 'utf-8',
      row: 'solarcast.csv:12',
      outcome: { kind: 'kept', topic: 'normal-data', offset: 7, level: 'high', reason: null, why: null },
    })
    expect(data.times).toEqual([
      { event: 'sent-at', at: '2026-01-02T03:04:05.000Z', afterMs: null },
      { event: 'radiation-data', at: '2026-01-02T03:04:05.002Z', afterMs: 2 },
      { event: 'processed-at', at: '2026-01-02T03:04:05.009Z', afterMs: 7 },
      { event: 'normal-data', at: '2026-01-02T03:04:05.012Z', afterMs: 3 },
    ])
  })

  test.each([
    ['1:13', 'unit', 'passed rejected skipped skipped passed', '"celcius"'],
    ['1:16', 'json', 'rejected skipped skipped skipped passed', 'the value is not JSON'],
    ['1:17', 'internal', 'untold untold untold untold passed', 'out of luck'],
  ])('%s: says why a record is dirty (%s)', async (place, reason, verdicts, detail) => {
    const { data, exitCode } = await trace(place)
    expect(exitCode).toBe(0)
    expect(data.outcome).toMatchObject({ kind: 'dirty', topic: 'dirty-data', reason, detail })
    expect(verdictsOf(data)).toBe(verdicts)
    // A dirty record carries no processed-at: the difference is to the time before.
    expect(data.times.slice(2)).toEqual([
      { event: 'processed-at', at: null, afterMs: null },
      { event: 'dirty-data', at: expect.any(String), afterMs: 28 },
    ])
    expect((await run(['trace', place])).stdout).toContain(`in dirty-data: ${reason}, 30 ms after`)
  })

  test('what is in no output is a duplicate when the commit is beyond it', async () => {
    const { data } = await trace('1:18')
    expect(data.outcome).toMatchObject({ kind: 'duplicate', topic: null, offset: null })
    expect(verdictsOf(data)).toBe('passed passed dropped skipped skipped')
    expect(data.times.map(({ at }) => at !== null)).toEqual([true, true, false, false])
    expect((await run(['trace', '1:18'])).stdout).toMatch(/^duplicate {2}it was read/m)
  })

  test('and is not processed yet when the commit is not, or there is none', async () => {
    const { data, exitCode } = await trace('1:20')
    expect(exitCode).toBe(0)
    expect(data.outcome).toMatchObject({ kind: 'waiting', why: expect.stringContaining('offset 20') })
    expect(verdictsOf(data)).toBe('waiting waiting waiting waiting waiting')
    log.committed[1] = null
    const { stdout } = await run(['trace', '1:18'])
    expect(stdout).toMatch(/^not processed yet {2}the workers have committed nothing yet$/m)
  })

  test('an output is found although nothing is committed yet', async () => {
    log.committed[1] = null
    expect((await trace('1:15')).data.outcome).toMatchObject({ kind: 'kept', offset: 8 })
  })

  test('does not call a duplicate what retention may have deleted, and ends with 4', async () => {
    log.topics[TOPICS.normal] = [empty(), { low: 7, records: [12, 15].map(kept(7)) }]
    const { data, exitCode } = await trace('1:11')
    expect(exitCode).toBe(4)
    expect(data.outcome).toMatchObject({
      kind: 'unknown',
      why: 'it is a duplicate, or its output was deleted: the log of normal-data begins later',
    })
    expect(verdictsOf(data)).toBe('untold untold untold untold untold')
    expect((await run(['trace', '1:11'])).stdout).toMatch(/^cannot be told {2}it is a duplicate, or/m)
  })

  test('cannot tell what a worker has not written', async () => {
    log.topics[TOPICS.dirty]?.[1]?.records.splice(0, 1, {
      ...record(0, '[]', { headers: [[HEADERS.source, '1:13']], at: AT }),
    })
    const { data, exitCode } = await trace('1:13')
    expect(exitCode).toBe(4)
    expect(data.outcome.why).toBe('its record in dirty-data, offset 0, is not what a worker writes')
  })

  test('shows what is no text, what is nothing, and nothing that steers a terminal', async () => {
    const records = log.topics[TOPICS.input]?.[1]?.records ?? []
    records[0] = { ...input(10), value: Buffer.from([0xff, 0xfe]) }
    records[1] = { ...input(11), value: null, key: null, headers: new Map() }
    records[2] = { ...input(12), value: Buffer.from('\u001b[2J{') }
    expect((await run(['trace', '1:10'])).stdout).toMatch(/^value +2 bytes that are not UTF-8 text$/m)
    expect((await trace('1:10')).data).toMatchObject({ value: '//4=', valueEncoding: 'base64' })
    expect((await run(['trace', '1:11'])).stdout).toMatch(/^value +none$/m)
    const { data } = await trace('1:11')
    expect(data).toMatchObject({ value: null, key: null, row: null })
    expect(data.times[0]).toEqual({ event: 'sent-at', at: null, afterMs: null })
    expect((await run(['trace', '1:12'])).stdout).toMatch(/^value +�\[2J\{$/m)
  })
})

describe('radtune trace refuses', () => {
  test.each([
    ['1:9', 'holds the offsets 10 to 21'],
    ['1:22', 'holds the offsets 10 to 21'],
    ['2:0', 'has the partitions 0 to 1'],
    ['0:0', 'holds no record yet'],
  ])('%s, which is not there, with what there is', async (place, text) => {
    const { stderr, exitCode } = await run(['trace', place])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('RT-TRACE-001')
    expect(stderr.replace(/\s+/g, ' ')).toContain(text)
  })

  test('an offset that the log has left out', async () => {
    log.topics[TOPICS.input]?.[1]?.records.splice(3, 1)
    const { stderr, exitCode } = await run(['trace', '1:13'])
    expect(exitCode).toBe(2)
    expect(stderr.replace(/\s+/g, ' ')).toContain('no record at this offset')
  })

  test.each([['14'], ['1:'], ['1:x'], ['-1:4'], ['1:1.5'], ['1:99999999999999999999']])(
    '%s, which names no record',
    async (place) => {
      const { stderr, exitCode } = await run(['trace', '--', place])
      expect(exitCode).toBe(2)
      expect(stderr).toContain('RT-CLI-003')
      expect(stderr).toContain('PARTITION:OFFSET')
    },
  )

  test('to guess which record is meant', async () => {
    const { stderr, exitCode } = await run(['trace'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('RT-CLI-003')
  })

  test('when Kafka does not answer', async () => {
    memory.pipeline.brokerDown = true
    const { stdout, exitCode } = await run(['trace', '1:14', '--json', '--quiet'])
    const { error } = answerSchemas['radtune.trace/1'].parse(JSON.parse(stdout))
    expect(exitCode).toBe(4)
    expect(error).toMatchObject({ code: 'RT-TRACE-002', why: expect.stringContaining('ECONNREFUSED') })
  })

  test('when nothing runs', async () => {
    memory = createMemoryWorld()
    const { stderr, exitCode } = await run(['trace', '1:14'])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('RT-UP-010')
    expect(stderr).toContain('radtune up')
  })
})
