import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FULL_DUMP_HEADER } from './dump-header.ts'
import { checkDumpStart, SNIFF_BYTES, sniffDump } from './sniff-dump.ts'

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const utf16 = (text: string) => Uint8Array.from([...bytes(text)].flatMap((byte) => [byte, 0]))
const header = FULL_DUMP_HEADER.join(',')

describe('sniffDump', () => {
  it.each([
    ['text', bytes(header)],
    ['text', bytes('anything at all')],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8)],
    ['empty', new Uint8Array()],
  ])('%s', (kind, start) => {
    expect(sniffDump(start).kind).toBe(kind)
  })

  const tar = new Uint8Array(512)
  tar.set(bytes('measurements-out.csv'))
  tar.set(bytes('ustar'), 257)

  it.each([
    ['UTF-16 text', Uint8Array.of(0xff, 0xfe, 0x43, 0)],
    ['UTF-16 text', Uint8Array.of(0xfe, 0xff, 0, 0x43)],
    ['UTF-16 text without a byte order mark', utf16(header)],
    ['a tar archive', tar],
    ['a zip archive', bytes('PK\x03\x04')],
    ['bzip2', bytes('BZh91AY')],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)],
    ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd)],
    ['binary', bytes('\x7fELF\x02\x01\x01\x00')],
  ])('refuses %s and says how to go on', (name, start) => {
    const kind = sniffDump(start)
    expect(kind).toMatchObject({
      kind: 'refused',
      code: 'RT-DATA-003',
      problem: expect.stringContaining(name),
    })
    expect(kind.kind === 'refused' && kind.fix.length).toBeGreaterThan(0)
  })
})

describe('checkDumpStart', () => {
  it('is content with a dump, also with only its header, with quotes, CRLF and a byte order mark', () => {
    expect(checkDumpStart(bytes(`${header}\n`))).toBeUndefined()
    expect(checkDumpStart(bytes(header))).toBeUndefined()
    expect(checkDumpStart(bytes(`\xef\xbb\xbf"${FULL_DUMP_HEADER.join('","')}"\r\n1,2`))).toBeUndefined()
  })

  it('says what is wrong otherwise', () => {
    expect(checkDumpStart(new Uint8Array())).toMatchObject({ code: 'RT-DATA-002' })
    expect(checkDumpStart(bytes('a,b\n1,2\n'))).toMatchObject({ code: 'RT-DATA-001' })
    expect(checkDumpStart(Uint8Array.of(0xff, 0xfe))).toMatchObject({ code: 'RT-DATA-003' })
    expect(checkDumpStart(Uint8Array.of(0x1f, 0x8b))).toMatchObject({ code: 'RT-DATA-003' })
  })

  it('leaves a first line that is longer than the look to the reader of the file', () => {
    expect(checkDumpStart(bytes('x'.repeat(SNIFF_BYTES)))).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (start) => void checkDumpStart(start)))
  })
})
