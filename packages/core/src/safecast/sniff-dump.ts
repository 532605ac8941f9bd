import type { ErrorCode } from '../errors/index.ts'
import { readDumpHeader } from './dump-header.ts'

/** What the first bytes of a data file say about it. */
export type DumpKind =
  | { kind: 'text' }
  | { kind: 'gzip' }
  | { kind: 'empty' }
  | { kind: 'refused'; code: Extract<ErrorCode, 'RT-DATA-003'>; problem: string; fix: string[] }

/** Bytes that `sniffDump` and `checkDumpStart` want to see; fewer when the file is shorter. */
export const SNIFF_BYTES = 4096

/**
 * Says what kind of data the first bytes are of: CSV text in UTF-8, gzip (whose content wants to be looked at in turn),
 * nothing at all, or something that is refused: UTF-16, an archive, another compression, a binary file.
 */
export function sniffDump(firstBytes: Uint8Array): DumpKind {
  if (firstBytes.length === 0) return { kind: 'empty' }
  if (startsWith(firstBytes, [0x1f, 0x8b])) return { kind: 'gzip' }
  for (const { bytes, at, name, fix } of signatures) {
    if (startsWith(firstBytes, bytes, at)) return refusal(`it is ${name}`, fix)
  }
  const nul = firstBytes.subarray(0, SNIFF_BYTES).indexOf(0)
  if (nul === -1) return { kind: 'text' }
  return looksLikeUtf16(firstBytes)
    ? refusal('it is UTF-16 text without a byte order mark', utf16Fix)
    : refusal(`byte ${nul} is NUL: it is a binary file`, ['export the data as CSV'])
}

/** What is wrong with the start of a data file, ready for a `RadtuneError`. */
export interface DumpProblem {
  code: Extract<ErrorCode, `RT-DATA-${string}`>
  problem: string
  fix: readonly string[] | undefined
}

/**
 * Checks the first bytes of a dump, decompressed: text with the header line of a dump. Undefined when it is one, or when
 * the header line is longer than what was given.
 */
export function checkDumpStart(firstBytes: Uint8Array): DumpProblem | undefined {
  const sniffed = sniffDump(firstBytes)
  switch (sniffed.kind) {
    case 'empty':
      return { code: 'RT-DATA-002', problem: 'it is empty', fix: undefined }
    case 'gzip':
      return { code: 'RT-DATA-003', problem: 'it is compressed twice', fix: ['gunzip FILE'] }
    case 'refused':
      return sniffed
    case 'text': {
      const line = headerLine(firstBytes)
      if (line === undefined) return undefined
      const header = readDumpHeader(splitHeaderLine(line))
      return header.ok ? undefined : { code: 'RT-DATA-001', problem: header.problem, fix: header.fix }
    }
  }
}

const utf16Fix = ['iconv -f UTF-16 -t UTF-8 FILE > utf8.csv']
const tarFix = ['tar -xf FILE', 'tar -xOf FILE | radtune up --data -']

const signatures: readonly { bytes: readonly number[]; at: number; name: string; fix: string[] }[] = [
  { bytes: [0xff, 0xfe], at: 0, name: 'UTF-16 text', fix: utf16Fix },
  { bytes: [0xfe, 0xff], at: 0, name: 'UTF-16 text', fix: utf16Fix },
  { bytes: [0x75, 0x73, 0x74, 0x61, 0x72], at: 257, name: 'a tar archive', fix: tarFix },
  { bytes: [0x50, 0x4b, 0x03, 0x04], at: 0, name: 'a zip archive', fix: ['unzip FILE'] },
  { bytes: [0x50, 0x4b, 0x05, 0x06], at: 0, name: 'an empty zip archive', fix: ['unzip FILE'] },
  { bytes: [0x42, 0x5a, 0x68], at: 0, name: 'compressed with bzip2', fix: ['bunzip2 FILE'] },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], at: 0, name: 'compressed with xz', fix: ['unxz FILE'] },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], at: 0, name: 'compressed with zstd', fix: ['unzstd FILE'] },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf], at: 0, name: 'a 7z archive', fix: ['7z x FILE'] },
  { bytes: [0x50, 0x41, 0x52, 0x31], at: 0, name: 'a Parquet file', fix: ['export the data as CSV'] },
]

function startsWith(bytes: Uint8Array, signature: readonly number[], at = 0): boolean {
  return signature.every((byte, index) => bytes[at + index] === byte)
}

function refusal(problem: string, fix: string[]): DumpKind {
  return { kind: 'refused', code: 'RT-DATA-003', problem, fix }
}

/** ASCII text in UTF-16 has a NUL in every other byte. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, 64) & ~1
  let even = 0
  let odd = 0
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0) even += 1
    if (bytes[at + 1] === 0) odd += 1
  }
  return length >= 4 && Math.max(even, odd) >= length / 2 - 1 && Math.min(even, odd) === 0
}

/** The first line, as far as it matters: bytes above 127 become `?`, which no column name has. */
function headerLine(bytes: Uint8Array): string | undefined {
  const from = startsWith(bytes, [0xef, 0xbb, 0xbf]) ? 3 : 0
  let end = bytes.indexOf(0x0a)
  if (end === -1) {
    if (bytes.length >= SNIFF_BYTES) return undefined
    end = bytes.length
  }
  let line = ''
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] as number
    line += byte > 126 ? '?' : String.fromCharCode(byte)
  }
  return line
}

/** Column names need no more of CSV than quotes around them. */
function splitHeaderLine(line: string): string[] {
  return line.split(',').map((field) =>
    field
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('""', '"'),
  )
}
