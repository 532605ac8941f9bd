import { snappyCompress } from '@platformatic/wasm-utils'
import { expect, it } from 'vitest'
import { decompressSnappy } from './codecs.ts'

const block = (text: string) => {
  const compressed = snappyCompress(Buffer.from(text))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(compressed.length)
  return Buffer.concat([length, compressed])
}
const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])

it('reads snappy as one block and in the frames of Java clients', () => {
  expect(decompressSnappy(snappyCompress(Buffer.from('plain'))).toString()).toBe('plain')
  expect(decompressSnappy(Buffer.concat([header, block('one '), block('two')])).toString()).toBe('one two')
})

it('refuses a frame that is cut off', () => {
  expect(() => decompressSnappy(Buffer.concat([header, block('a'.repeat(100)).subarray(0, 8)]))).toThrow(
    'cut off',
  )
})
