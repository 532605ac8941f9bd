import { describe, expect, it } from 'vitest'
import { FILTERED_DUMP_HEADER, FULL_DUMP_HEADER, readDumpHeader } from './dump-header.ts'

describe('readDumpHeader', () => {
  it('finds the columns of the full dump', () => {
    expect(readDumpHeader(FULL_DUMP_HEADER)).toEqual({
      ok: true,
      columns: {
        fieldCount: 13,
        capturedTime: 0,
        latitude: 1,
        longitude: 2,
        value: 3,
        unit: 4,
        locationName: 5,
        deviceId: 6,
        md5Sum: 7,
        height: 8,
        uploadedTime: 11,
        loaderId: 12,
      },
    })
  })

  it('finds those of the filtered dump, whose optional ones are absent', () => {
    expect(readDumpHeader(FILTERED_DUMP_HEADER)).toEqual({
      ok: true,
      columns: { fieldCount: 8, capturedTime: 2, latitude: 3, longitude: 4, value: 5, unit: 6, deviceId: 7 },
    })
  })

  it('does not mind order, case, spaces, a byte order mark, or columns that it does not know', () => {
    const header = readDumpHeader(['\uFEFFUNIT', ' value ', 'Mood', 'longitude', 'LATITUDE', 'captured time'])
    expect(header).toMatchObject({
      ok: true,
      columns: { unit: 0, value: 1, longitude: 3, latitude: 4, capturedTime: 5 },
    })
  })

  it('names what is missing and what was probably meant', () => {
    const header = readDumpHeader(['Captured_Time', 'Lattitude', 'Longitude', 'Value', 'Unit'])
    expect(header).toMatchObject({
      ok: false,
      problem: expect.stringContaining('Captured Time, Latitude are missing'),
      fix: [
        'rename the column "Captured_Time" to "Captured Time"',
        'rename the column "Lattitude" to "Latitude"',
      ],
    })
  })

  it('does not suggest a known column for another', () => {
    const fields = FULL_DUMP_HEADER.map((title) => (title === 'Unit' ? 'Height' : title)).filter(
      (_, at) => at !== 8,
    )
    expect(readDumpHeader(fields)).toMatchObject({ ok: false, fix: ['head -1 FILE', expect.any(String)] })
  })

  it('recognises other separators, and a column that is there twice', () => {
    expect(readDumpHeader(['Captured Time;Latitude;Longitude;Value;Unit'])).toMatchObject({
      problem: expect.stringContaining('semicolons'),
    })
    expect(readDumpHeader([...FULL_DUMP_HEADER, 'value'])).toMatchObject({
      problem: 'the column "Value" is there twice',
    })
  })

  it('shows a first line of rubbish without control characters', () => {
    const header = readDumpHeader([`\u001b[31m${'x'.repeat(500)}`])
    expect(header.ok).toBe(false)
    expect(!header.ok && header.problem).not.toContain('\u001b')
    expect(!header.ok && header.problem.length).toBeLessThan(300)
  })
})
