import { parseBytes } from '../units/index.ts'
import { bytesField, type Field, type FieldOf, wordsField } from './field.ts'

/** A heap that a flag sets: of Java or of Node, in bytes. */
export interface HeapFlag {
  flag: string
  bytes: number
}

/** Reads `-Xmx512m` or `--max-old-space-size=384`; undefined for every other word. */
export function readHeapFlag(word: string): HeapFlag | undefined {
  const java = /^-Xmx(\d+[kmgt]?)$/i.exec(word)?.[1]
  if (java !== undefined) {
    const bytes = parseBytes(java)
    return bytes.ok ? { flag: '-Xmx', bytes: bytes.value } : undefined
  }
  const node = /^--max[-_]old[-_]space[-_]size=(\d+)$/.exec(word)?.[1]
  return node === undefined ? undefined : { flag: '--max-old-space-size', bytes: Number(node) * 1024 ** 2 }
}

/** Flags of a program: its heap as an amount, and the others as they are, their order of no account. */
export function flagFields(
  words: readonly string[],
  { heap, ...field }: FieldOf & { heap: string },
): Field[] {
  const given = words.filter((word) => word !== '')
  const heaps = given.flatMap((word) => readHeapFlag(word) ?? [])
  const last = heaps.at(-1)
  const rest = given.filter((word) => readHeapFlag(word) === undefined).map(normaliseFlag)
  return [
    ...(last === undefined ? [] : [heapField({ ...field, path: heap }, last.bytes)]),
    ...(rest.length === 0 ? [] : [wordsField(field, lastOfEach(rest).sort())]),
  ]
}

/** The heap of a service; of a worker it is the part of its main thread, and no setting by itself. */
export function heapField(field: FieldOf, bytes: number): Field {
  const ofWorker = field.service?.startsWith('worker') ?? false
  return bytesField(
    { ...field, class: 'heap', accept: ofWorker ? undefined : { name: field.path, value: bytes } },
    bytes,
  )
}

/** `-Xms512m` and `-Xms536870912` are the same. */
function normaliseFlag(word: string): string {
  const amount = /^(-X(?:ms|mn|ss))(\d+[kmgt]?)$/i.exec(word)
  const bytes = amount?.[2] === undefined ? undefined : parseBytes(amount[2])
  return bytes?.ok ? `${amount?.[1]}${bytes.value / 1024 ** 2}m` : word
}

/** What a flag sets, without its value. */
export function flagName(word: string): string {
  if (/^-XX:[+-]/.test(word)) return `-XX:${word.slice(5)}`
  return /^(-X(?:m[nsx]|ss)|-[^=]*)/i.exec(word)?.[1] ?? word
}

/** Java and Node take the last of several. */
function lastOfEach(words: readonly string[]): string[] {
  return [...new Map(words.map((word) => [flagName(word), word])).values()]
}
