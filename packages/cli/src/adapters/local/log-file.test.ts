import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogLine } from '../../ports/runtime.ts'
import { createLineSplitter, openLogFile } from './log-file.ts'
import { readLogs } from './log-reader.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'radtune-logs-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const read = async (query: { services?: string[]; lines: number }) => {
  const lines: LogLine[] = []
  const options = { services: query.services ?? [], lines: query.lines, follow: false }
  for await (const line of readLogs(folder, options, new AbortController().signal)) lines.push(line)
  return lines
}

describe('openLogFile', () => {
  it('stays within its size, and keeps the newest lines', async () => {
    const path = join(folder, 'worker-1.log')
    const log = openLogFile({ path, maxBytes: 1000, keep: 3 })
    for (let index = 0; index < 300; index++) log.write([`line ${index}`])
    log.close()
    expect(readdirSync(folder).sort()).toEqual(['worker-1.log', 'worker-1.log.1', 'worker-1.log.2'])
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000)
    expect((await read({ lines: 40 })).map(({ text }) => text)).toEqual(
      Array.from({ length: 40 }, (_, index) => `line ${260 + index}`),
    )
  })

  it('goes on in a file that is there', () => {
    const path = join(folder, 'a.log')
    for (const text of ['first', 'second']) {
      const log = openLogFile({ path, now: () => 0 })
      log.write([text])
      log.close()
    }
    expect(readFileSync(path, 'utf8')).toBe(
      '1970-01-01T00:00:00.000Z first\n1970-01-01T00:00:00.000Z second\n',
    )
  })

  it('does not throw where it cannot write', () => {
    appendFileSync(join(folder, 'file'), '')
    const log = openLogFile({ path: join(folder, 'file', 'a.log') })
    log.write(['lost'])
    log.close()
  })
})

describe('createLineSplitter', () => {
  it('gives the same lines however the bytes arrive', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, ''))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(40)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''))
        const seen: string[] = []
        const splitter = createLineSplitter((found) => seen.push(...found))
        let from = 0
        for (const cut of cuts) {
          splitter.push(bytes.subarray(from, from + cut))
          from += cut
        }
        splitter.push(bytes.subarray(from))
        splitter.end()
        expect(seen).toEqual(lines)
      }),
    )
  })
})

describe('readLogs', () => {
  it('merges services by time and keeps the order within each', async () => {
    let now = 0
    const open = (name: string) => openLogFile({ path: join(folder, `${name}.log`), now: () => now })
    const [a, b] = [open('a'), open('b')]
    for (now = 1; now <= 4; now++) (now % 2 ? a : b).write([`${now}`, `${now} more`])
    const lines = await read({ lines: 10 })
    expect(lines.map(({ service, text }) => `${service} ${text}`)).toEqual([
      'a 1',
      'a 1 more',
      'b 2',
      'b 2 more',
      'a 3',
      'a 3 more',
      'b 4',
      'b 4 more',
    ])
    expect(lines[0]?.at).toBe(1)
    expect((await read({ lines: 1 })).map(({ text }) => text)).toEqual(['3 more', '4 more'])
    expect(await read({ services: ['none'], lines: 10 })).toEqual([])
  })

  it('reads lines without a time, and of any length, from the end', async () => {
    appendFileSync(join(folder, 'a.log'), `old\n${'x'.repeat(200_000)}\nné\n`)
    const lines = await read({ lines: 2 })
    expect(lines.map(({ text, at }) => [text.length, at])).toEqual([
      [200_000, undefined],
      [2, undefined],
    ])
  })

  it('follows what is added, over a rotation, without loss or repeat, until it is aborted', async () => {
    const log = openLogFile({ path: join(folder, 'a.log'), maxBytes: 2000, keep: 3 })
    log.write(['line 0'])
    const abort = new AbortController()
    const seen: string[] = []
    for await (const { text } of readLogs(
      folder,
      { services: ['a'], lines: 5, follow: true },
      abort.signal,
    )) {
      seen.push(text)
      if (seen.length === 41) abort.abort()
      else if (seen.length % 10 === 1) for (let i = 0; i < 10; i++) log.write([`line ${seen.length + i}`])
    }
    expect(seen).toEqual(Array.from({ length: 41 }, (_, index) => `line ${index}`))
  })
})
