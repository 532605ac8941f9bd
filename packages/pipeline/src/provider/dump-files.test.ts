import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { FULL_DUMP_HEADER } from '@radtune/core/safecast'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listDumpFiles } from './dump-files.ts'
import { createDumpSource, loopShiftUs } from './dump-source.ts'
import type { RowBatch } from './row-source.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radtune-dumps-'))
})
afterAll(() => rm(folder, { recursive: true }))

const header = FULL_DUMP_HEADER.join(',')
const line = (capturedTime: string) => `${capturedTime},34.132,-118.842,27,cpm,,1,,,,,,`
const start = { from: { round: 0, index: 0, row: 1 } }

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

async function rowsOf(paths: string[], stdin?: Readable) {
  const files = await listDumpFiles(paths, { loop: false })
  const source = createDumpSource({ files, loop: false, now: Date.now, ...(stdin && { stdin }) })
  const found: { source: string; row: number; time: string | undefined }[] = []
  for await (const batch of source.batches({ resume: start, signal: new AbortController().signal })) {
    for (const { row, reading } of batch.rows)
      found.push({ source: batch.source, row, time: reading.captured_time })
  }
  return { found, source }
}

describe('good data', () => {
  it('reads plain files, gzip by its content, several members of it, and folders in the order of names', async () => {
    const plain = await file('plain.csv', `${header}\n${line('a')}\n`)
    const packed = await file(
      'packed.bin',
      Buffer.concat([gzipSync(`${header}\n${line('b')}\n`), gzipSync(`${line('c')}\n`)]),
    )
    const inner = join(folder, 'inner')
    await mkdir(inner)
    await file('inner/2.csv.gz', gzipSync(`${header}\n${line('e')}\n`))
    await file('inner/1.csv', `${header}\r\n${line('d')}\r\n`)
    await file('inner/notes.txt', 'not data')
    const { found, source } = await rowsOf([plain, packed, inner])
    expect(found).toEqual([
      { source: '0/0-plain.csv', row: 1, time: 'a' },
      { source: '0/1-packed.bin', row: 1, time: 'b' },
      { source: '0/1-packed.bin', row: 2, time: 'c' },
      { source: '0/2-1.csv', row: 1, time: 'd' },
      { source: '0/3-2.csv.gz', row: 1, time: 'e' },
    ])
    expect(source.title).toBe('plain.csv, packed.bin, 1.csv, 2.csv.gz')
  })

  it('reads standard input, also packed', async () => {
    for (const content of [Buffer.from(`${header}\n${line('a')}`), gzipSync(`${header}\n${line('a')}`)]) {
      const { found } = await rowsOf(['-'], Readable.from([content.subarray(0, 10), content.subarray(10)]))
      expect(found).toEqual([{ source: '0/0-stdin', row: 1, time: 'a' }])
    }
  })

  it('a header only is no error', async () => {
    expect((await rowsOf([await file('header.csv', header)])).found).toEqual([])
  })
})

describe('bad data are refused before anything is published', () => {
  const tar = Buffer.alloc(1024)
  tar.write('measurements-out.csv')
  tar.write('ustar', 257)

  it.each([
    ['empty.csv', '', 'RT-DATA-002'],
    ['empty.gz', gzipSync(''), 'RT-DATA-002'],
    ['wrong.csv', 'a,b,c\n1,2,3\n', 'RT-DATA-001'],
    ['wrong.gz', gzipSync('a,b,c\n'), 'RT-DATA-001'],
    ['utf16.csv', Buffer.from(`\uFEFF${header}`, 'utf16le'), 'RT-DATA-003'],
    ['utf16-bare.csv', Buffer.from(header, 'utf16le'), 'RT-DATA-003'],
    ['binary.csv', Buffer.from([1, 2, 0, 3]), 'RT-DATA-003'],
    ['measurements.tar.gz', gzipSync(tar), 'RT-DATA-003'],
    ['data.zip', Buffer.from('PK\x03\x04rest'), 'RT-DATA-003'],
    ['twice.gz', gzipSync(gzipSync(header)), 'RT-DATA-003'],
    ['damaged.gz', gzipSync(header).subarray(0, 15), 'RT-DATA-005'],
  ])('%s', async (name, content, code) => {
    const path = await file(name, content)
    await expect(listDumpFiles([path], { loop: false })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name),
    })
  })

  it('a file or folder that is not there, a folder without CSV, standard input twice or in a loop', async () => {
    const bare = join(folder, 'bare')
    await mkdir(bare)
    for (const path of [join(folder, 'absent.csv'), bare]) {
      await expect(listDumpFiles([path], { loop: false })).rejects.toMatchObject({ code: 'RT-DATA-002' })
    }
    await expect(listDumpFiles(['-', '-'], { loop: false })).rejects.toMatchObject({ code: 'RT-DATA-004' })
    await expect(listDumpFiles(['-'], { loop: true })).rejects.toMatchObject({ code: 'RT-DATA-004' })
  })

  it('standard input is looked at when it is read', async () => {
    await expect(rowsOf(['-'], Readable.from([Buffer.alloc(0)]))).rejects.toMatchObject({
      code: 'RT-DATA-002',
    })
    await expect(rowsOf(['-'], Readable.from([Buffer.from('\n\n')]))).rejects.toMatchObject({
      code: 'RT-DATA-002',
    })
    await expect(rowsOf(['-'], Readable.from([Buffer.from('a,b\n')]))).rejects.toMatchObject({
      code: 'RT-DATA-001',
    })
  })

  it('damage further on is told after the rows before it', async () => {
    const rows = Array.from({ length: 50_000 }, (_, at) => line(String(Math.imul(at, 2_654_435_761)))).join(
      '\n',
    )
    const whole = gzipSync(`${header}\n${rows}\n`)
    const path = await file('cut.gz', whole.subarray(0, whole.length - 1000))
    await expect(rowsOf([path])).rejects.toMatchObject({ code: 'RT-DATA-005' })
  })
})

describe('loop', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')

  async function take(
    count: number,
    resumeRound = 0,
  ): Promise<{ source: string; time: string | undefined }[]> {
    const path = await file(
      'loop.csv',
      [
        header,
        line('2020-01-01 00:00:00'),
        line('2020-01-02 00:00:00'),
        line('2080-01-06 03:14:07'),
        line('x'),
      ].join('\n'),
    )
    const source = createDumpSource({
      files: await listDumpFiles([path], { loop: true }),
      loop: true,
      now: () => now,
    })
    const stop = new AbortController()
    const found: { source: string; time: string | undefined }[] = []
    const from = { round: resumeRound, index: 0, row: 1 }
    for await (const batch of source.batches({ resume: { from }, signal: stop.signal })) {
      for (const { reading } of batch.rows) found.push({ source: batch.source, time: reading.captured_time })
      if (found.length >= count) stop.abort()
    }
    return found
  }

  it('moves possible times on by the span of the data, and leaves impossible ones alone', async () => {
    expect((await take(12)).map(({ source, time }) => `${source} ${time}`)).toEqual([
      '0/0-loop.csv 2020-01-01 00:00:00',
      '0/0-loop.csv 2020-01-02 00:00:00',
      '0/0-loop.csv 2080-01-06 03:14:07',
      '0/0-loop.csv x',
      '1/0-loop.csv 2020-01-02 00:00:01',
      '1/0-loop.csv 2020-01-03 00:00:01',
      '1/0-loop.csv 2080-01-06 03:14:07',
      '1/0-loop.csv x',
      '2/0-loop.csv 2020-01-03 00:00:02',
      '2/0-loop.csv 2020-01-04 00:00:02',
      '2/0-loop.csv 2080-01-06 03:14:07',
      '2/0-loop.csv x',
    ])
  })

  it('goes straight to the round to resume in, after one pass for the span', async () => {
    const found = await take(8, 40)
    expect(found.slice(4).map(({ source }) => source)).toEqual(Array(4).fill('40/0-loop.csv'))
    expect(found[4]?.time).toBe('2020-02-10 00:00:40')
  })

  it('begins its shifts again before they lead into the future', () => {
    const day = 86_400_000_000
    const span = { earliestUs: 1.6e15, latestUs: 1.6e15 + 10 * day }
    const shift = (round: number, nowUs: number) => loopShiftUs({ round, span, nowUs })
    const nowUs = span.latestUs + 25 * day
    for (let round = 0; round < 50; round += 1)
      expect(span.latestUs + shift(round, nowUs)).toBeLessThanOrEqual(nowUs)
    expect(shift(1, nowUs)).toBeGreaterThan(10 * day)
    // Data of today have no room: moved on all the same, as documented.
    expect(shift(3, span.latestUs)).toBeGreaterThan(30 * day)
  })

  it('ends over data without rows', async () => {
    const path = await file('none.csv', `${header}\n`)
    const source = createDumpSource({
      files: await listDumpFiles([path], { loop: true }),
      loop: true,
      now: () => now,
    })
    const batches: RowBatch[] = []
    for await (const batch of source.batches({ resume: start, signal: new AbortController().signal }))
      batches.push(batch)
    expect(batches).toEqual([])
  })
})

it('stops reading in the middle of a file when told', async () => {
  const path = await file('large.csv', `${header}\n${`${line('a')}\n`.repeat(200_000)}`)
  const source = createDumpSource({
    files: await listDumpFiles([path], { loop: false }),
    loop: false,
    now: Date.now,
  })
  const stop = new AbortController()
  let rows = 0
  for await (const batch of source.batches({ resume: start, signal: stop.signal })) {
    rows += [...batch.rows].length
    stop.abort()
  }
  expect(rows).toBeGreaterThan(0)
  expect(rows).toBeLessThan(20_000)
})
