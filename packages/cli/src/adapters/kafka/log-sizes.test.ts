import { describe, expect, it } from 'vitest'
import { decodeLogSizes } from './log-sizes.ts'

const int16 = (value: number) => Buffer.from([value >> 8, value])
const int32 = (value: number) => Buffer.from([0, 0, value >> 8, value])
const int64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}
const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)])
const partition = (number: number, size: bigint, isFuture = false) =>
  Buffer.concat([int32(number), int64(size), int64(0n), Buffer.from([isFuture ? 1 : 0])])
const topic = (name: string, partitions: Buffer[]) =>
  Buffer.concat([text(name), int32(partitions.length), ...partitions])
const folder = (error: number, topics: Buffer[]) =>
  Buffer.concat([int16(error), text('/data'), int32(topics.length), ...topics])
const answer = (folders: Buffer[]) => Buffer.concat([int32(0), int32(folders.length), ...folders])

describe('the sizes of logs', () => {
  it('are summed by topic over partitions and folders, past what a 32-bit number holds', () => {
    const first = folder(0, [topic('a', [partition(0, 5_000_000_000n), partition(1, 7n)]), topic('b', [])])
    const second = folder(0, [topic('a', [partition(2, 3n)]), topic('c', [partition(0, 0n)])])
    expect(decodeLogSizes(answer([first, second]))).toEqual({ a: 5_000_000_010, c: 0 })
  })

  it('leave out partitions that are being moved there', () => {
    const moving = folder(0, [topic('a', [partition(0, 4n), partition(0, 9n, true)])])
    expect(decodeLogSizes(answer([moving]))).toEqual({ a: 4 })
  })

  it('are not known when a folder cannot be read', () => {
    expect(() => decodeLogSizes(answer([folder(56, [])]))).toThrow('cannot read /data: error 56')
  })
})
