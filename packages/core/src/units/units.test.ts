import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatCpus,
  formatDuration,
  formatGibibytes,
  GIB,
  KIB,
  MIB,
  parseBytes,
  parseCpus,
  parseDuration,
  parseRateRange,
  writeBytes,
  writeDuration,
} from './index.ts'

describe('bytes', () => {
  it.each([
    ['512MiB', 512 * MIB],
    ['512m', 512 * MIB],
    ['1.5GB', 1.5 * GIB],
    ['0.3GB', 322_122_547],
    ['8 GB', 8 * GIB],
    ['32k', 32 * KIB],
    ['1048576', MIB],
    ['7b', 7],
    ['1t', 1024 * GIB],
  ])('reads %s as container engines do', (text, bytes) => {
    expect(parseBytes(text)).toEqual({ ok: true, value: bytes })
  })

  it.each(['8GG', '', 'GB', '-1GB', '1e3', '0x10', '1,5GB', '1.GB', 'NaN', '8GB 8GB'])(
    'refuses "%s"',
    (text) => {
      const result = parseBytes(text)
      expect(result.ok ? '' : result.problem).toContain(`"${text}" is not an amount of memory`)
    },
  )

  it('refuses an amount past what a number holds', () => {
    expect(parseBytes('99999999999t').ok).toBe(false)
  })

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [32 * KIB, '32 KiB'],
    [1.5 * GIB, '1.5 GiB'],
    [GIB - 1, '1 GiB'],
    [1.5 * 1024 * GIB, '1.5 TiB'],
  ])('prints %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('prints limits in GiB with one decimal', () => {
    expect(formatGibibytes(322_122_547)).toBe('0.3 GiB')
    expect(formatGibibytes(2 * GIB)).toBe('2.0 GiB')
  })

  it('reads what it prints to within the printed decimal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 46 }), (bytes) => {
        const result = parseBytes(formatBytes(bytes))
        expect(result.ok).toBe(true)
        if (result.ok) expect(Math.abs(result.value - bytes) / bytes).toBeLessThanOrEqual(0.0501)
      }),
    )
  })
})

describe('CPUs', () => {
  it.each([
    ['4', 4],
    ['1.5', 1.5],
    ['500m', 0.5],
    ['0.1', 0.1],
  ])('reads %s', (text, cpus) => {
    expect(parseCpus(text)).toEqual({ ok: true, value: cpus })
  })

  it.each(['four', '-1', '', '0', '0.0001', '1.5.2', 'Infinity', '4 cores'])('refuses "%s"', (text) => {
    expect(parseCpus(text).ok).toBe(false)
  })

  it('prints without the noise of sums', () => {
    expect(formatCpus(0.1 + 0.2)).toBe('0.3')
    expect(formatCpus(4)).toBe('4')
  })
})

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['10', 10],
    ['1.5 s', 1500],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms })
  })

  it.each(['soon', '', '-1s', '5y', `${'9'.repeat(30)}d`])('refuses "%s"', (text) => {
    expect(parseDuration(text).ok).toBe(false)
  })

  it.each([
    [41, '41 ms'],
    [999.7, '1 s'],
    [2100, '2.1 s'],
    [761_000, '12m41s'],
    [86_400_000, '24h'],
    [273_600_000, '3d4h'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('rates', () => {
  it.each([
    ['1000-10000', 1000, 10_000],
    ['1,000–10,000', 1000, 10_000],
    ['1000 - 2000 /s', 1000, 2000],
    ['250', 250, 250],
    ['0.5-2', 0.5, 2],
  ])('reads %s', (text, minPerSecond, maxPerSecond) => {
    expect(parseRateRange(text)).toEqual({ ok: true, value: { minPerSecond, maxPerSecond } })
  })

  it.each(['', '-', '1000-', '10-5', '0-10', '1,0-20', 'many', '1-2-3', '-5', `${'9'.repeat(20)}`])(
    'refuses "%s"',
    (text) => {
      expect(parseRateRange(text).ok).toBe(false)
    },
  )

  it.each([
    [0, '0'],
    [999, '999'],
    [10_000, '10,000'],
    [1_234_567.5, '1,234,567.5'],
  ])('prints %d as %s', (value, text) => {
    expect(formatCount(value)).toBe(text)
  })
})

it('answers any text with a value or a sentence, never an exception', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseBytes, parseCpus, parseDuration, parseRateRange]) {
        const result = parse(text)
        if (!result.ok) expect(result.problem.length).toBeGreaterThan(0)
      }
    }),
  )
})

it('what is written is read back exactly', () => {
  expect([writeBytes(512 * MIB), writeBytes(322_122_547), writeBytes(0)]).toEqual([
    '512MiB',
    '322122547B',
    '0B',
  ])
  expect([writeDuration(86_400_000), writeDuration(1500), writeDuration(0)]).toEqual(['24h', '1500ms', '0ms'])
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 40 }), (base, shift) => {
      const amount = Math.min(base * 2 ** shift, Number.MAX_SAFE_INTEGER)
      expect(parseBytes(writeBytes(amount))).toEqual({ ok: true, value: amount })
      expect(parseDuration(writeDuration(amount))).toEqual({ ok: true, value: amount })
    }),
  )
})
