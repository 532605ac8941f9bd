import { FILTERED_DUMP_HEADER, FULL_DUMP_HEADER } from '@radtune/core/safecast'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_RECORD_BYTES } from './cut-records.ts'
import { DumpParser } from './parse-dump.ts'
import { emptyTally, MAX_MALFORMED_LINES, type SourceRow } from './row-source.ts'

const header = FULL_DUMP_HEADER.join(',')
const line = (place: string, value = '27') =>
  `2020-01-31 23:58:46,34.132,-118.842,${value},cpm,${place},4249659165,d75f,,,,2020-02-01 00:00:14,`

/** Feeds the bytes in pieces of `size`. */
function read(content: string | Buffer, size = Number.POSITIVE_INFINITY) {
  const bytes = Buffer.from(content as string)
  const tally = emptyTally()
  const parser = new DumpParser({ source: 'x.csv', tally })
  const rows: SourceRow[] = []
  for (let at = 0; at < bytes.length; at += size) rows.push(...parser.push(bytes.subarray(at, at + size)))
  rows.push(...parser.end())
  return { rows, tally, parser, places: rows.map(({ reading }) => reading.location_name) }
}

describe('DumpParser', () => {
  it('publishes text verbatim, leaves empty optional fields out, keeps empty required ones', () => {
    const { rows } = read(`${header}\n ,34.1320,, 27 ,µSv/h,,7,,,,,,\n`)
    expect(rows).toEqual([
      {
        row: 1,
        reading: {
          captured_time: ' ',
          latitude: '34.1320',
          longitude: '',
          value: ' 27 ',
          unit: 'µSv/h',
          device_id: '7',
        },
      },
    ])
  })

  it('reads the filtered dump and columns in any order', () => {
    const filtered = read(`${FILTERED_DUMP_HEADER.join(',')}\n5,6,2020-01-31 23:58:46,1.5,2.5,30,cpm,77\n`)
    expect(filtered.rows[0]?.reading).toEqual({
      captured_time: '2020-01-31 23:58:46',
      latitude: '1.5',
      longitude: '2.5',
      value: '30',
      unit: 'cpm',
      device_id: '77',
    })
    const other = read('unit,VALUE,longitude,latitude,captured time\ncpm,30,2.5,1.5,t\n')
    expect(other.rows[0]?.reading).toMatchObject({
      unit: 'cpm',
      value: '30',
      latitude: '1.5',
      captured_time: 't',
    })
  })

  it('takes CRLF, a byte order mark, blank lines, quotes in the header, and a last line without its break', () => {
    const quoted = `\uFEFF"${FULL_DUMP_HEADER.join('","')}"`
    const { rows, tally } = read(`\r\n${header}\r\n${line('a')}\r\n\r\n${line('b')}`)
    expect(rows.map(({ row }) => row)).toEqual([1, 2])
    expect(rows[1]?.reading.uploaded_time).toBe('2020-02-01 00:00:14')
    expect(tally.malformed).toBe(0)
    expect(read(`${quoted}\r\n${line('a')}`).rows.length).toBe(1)
  })

  it('takes place names with commas, quotes, line breaks and every script', () => {
    const { places, tally } = read(
      `${header}\n${line('"a, ""b""\nc\r\nd"')}\n${line('飯舘村')}\n${line('"福島, 駅"')}\n`,
    )
    expect(places).toEqual(['a, "b"\nc\r\nd', '飯舘村', '福島, 駅'])
    expect(tally.malformed).toBe(0)
  })

  it('finds no rows after a header only, and no start in nothing', () => {
    expect(read(`${header}\n`).rows).toEqual([])
    expect(read(header).parser.started).toBe(true)
    expect(read('').parser.started).toBe(false)
    expect(read('\n\n').parser.started).toBe(false)
  })

  it('says what the header is instead', () => {
    expect(read('a,b,c\n1,2,3\n').parser.badHeader?.problem).toContain('a,b,c')
    expect(read('x'.repeat(200_000), 10_000).parser.badHeader).toBeDefined()
    expect(read(`"${header}\n${line('a')}\n`).parser.badHeader).toBeDefined()
  })
})

describe('malformed lines', () => {
  it('are counted with their line numbers and never take good lines along', () => {
    const { places, tally, rows } = read(
      [
        header,
        line('a'),
        'too,short',
        line('b'),
        line('c,extra'),
        line('"two\nlines"'),
        `${line('d')},`,
        line('e'),
      ].join('\n'),
    )
    expect(places).toEqual(['a', 'b', 'two\nlines', 'e'])
    expect(tally.malformedLines).toEqual([
      { source: 'x.csv', line: 3, message: '2 fields instead of 13' },
      { source: 'x.csv', line: 5, message: '14 fields instead of 13' },
      { source: 'x.csv', line: 8, message: '14 fields instead of 13' },
    ])
    expect(rows.map(({ row }) => row)).toEqual([1, 3, 5, 7])
  })

  it.each([
    ['never closed', [line('"a'), line('b'), line('c')], ['b', 'c'], [2]],
    ['inside a field', [line('a "quoted" place'), line('b')], ['b'], [2]],
    ['behind a field', [line('"a"x'), line('b')], ['b'], [2]],
    [
      'two stray ones, lines apart',
      [line('a'), line('"b'), line('c'), line('d"x'), line('e')],
      ['a', 'c', 'e'],
      [3, 5],
    ],
    ['in the last line', [line('a'), line('"b')], ['a'], [3]],
  ])('quotes: %s', (_case, lines, places, malformed) => {
    const found = read([header, ...lines].join('\n'))
    expect(found.places).toEqual(places)
    expect(found.tally.malformedLines.map((entry) => entry.line)).toEqual(malformed)
  })

  it('a quote that stays open costs one line of a large file, and no memory', () => {
    const many = Array.from({ length: 3000 }, (_, at) => line(`p${at}`))
    const found = read([header, line('"open'), ...many].join('\n'), 4096)
    expect(found.places).toEqual(many.map((_, at) => `p${at}`))
    expect(found.tally.malformedLines).toEqual([{ source: 'x.csv', line: 2, message: 'quotes do not match' }])
  })

  it('a line longer than 64 KiB is passed over without being held', () => {
    const long = 'x'.repeat(MAX_RECORD_BYTES * 3)
    for (const size of [1000, Number.POSITIVE_INFINITY]) {
      const found = read([header, line('a'), line(long), line(`"${long}"`), line('b')].join('\n'), size)
      expect(found.places).toEqual(['a', 'b'])
      expect(found.tally.malformedLines.map((entry) => entry.line)).toEqual([3, 4])
    }
  })

  it('all are counted, the first 20 kept', () => {
    const { tally } = read(`${header}\n${'x\n'.repeat(1000)}`)
    expect(tally.malformed).toBe(1000)
    expect(tally.malformedLines.length).toBe(MAX_MALFORMED_LINES)
  })
})

it('replaces bytes that are not UTF-8 and counts them, but not a U+FFFD of the data', () => {
  const bad = Buffer.concat([
    Buffer.from(`${header}\n`),
    Buffer.from(line('A\uFFFDB')),
    Buffer.from('\n'),
    Buffer.from(line('X')).map((byte) => (byte === 0x58 ? 0xe9 : byte)),
    Buffer.from('\n'),
    Buffer.from(line('"X,"')).map((byte) => (byte === 0x58 ? 0xff : byte)),
  ])
  const { places, tally } = read(bad)
  expect(places).toEqual(['A\uFFFDB', '\uFFFD', '\uFFFD,'])
  expect(tally.replacedBytes).toBe(2)
})

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b,', '福', ' ') },
  { weight: 2, arbitrary: fc.constantFrom('"', '""', '\n', '\r\n', ',') },
)
const place = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''))
const anyLine = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b').map((text) => line(text)) },
  { weight: 3, arbitrary: place.map((text) => line(`"${text.replaceAll('"', '""')}"`)) },
  { weight: 2, arbitrary: place.map((text) => line(text)) },
  { weight: 1, arbitrary: place },
)

it('gives the same rows, numbers and malformed lines however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (lines, size) => {
      const content = [header, ...lines].join('\n')
      const whole = read(content)
      const cut = read(content, size)
      expect(cut.rows).toEqual(whole.rows)
      expect(cut.tally).toEqual(whole.tally)
    }),
    { numRuns: 300 },
  )
})

it('agrees with a CSV parser on well-formed data', () => {
  const field = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''))
  const quote = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  fc.assert(
    fc.property(fc.array(field, { maxLength: 10 }), (names) => {
      const content = `${[header, ...names.map((name) => line(quote(name)))].join('\n')}\n`
      const expected = (parse(content, { from_line: 2 }) as string[][]).map(
        (fields) => fields[5] || undefined,
      )
      const found = read(content, 64)
      expect(found.places).toEqual(expected)
      expect(found.tally.malformed).toBe(0)
    }),
  )
})
