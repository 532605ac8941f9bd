import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from '@platformatic/wasm-utils'
import kafkajs from 'kafkajs'

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** Magic, version and compatible version. */
const XERIAL_HEADER_BYTES = 16

/** Gives kafkajs, which has gzip only, the other codecs of Kafka. */
export function registerCodecs(): void {
  const { CompressionTypes, CompressionCodecs } = kafkajs
  const codec = (compress: (data: Buffer) => Buffer, decompress: (data: Buffer) => Buffer) => () => ({
    compress: async (encoder: { buffer: Buffer }) => compress(encoder.buffer),
    decompress: async (data: Buffer) => decompress(data),
  })
  CompressionCodecs[CompressionTypes.Snappy] = codec(snappyCompress, decompressSnappy)
  CompressionCodecs[CompressionTypes.LZ4] = codec(lz4Compress, lz4Decompress)
  CompressionCodecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, zstdDecompressSync)
}

/** Snappy as one block, or as the framed blocks that Java clients write (`SnappyOutputStream` of xerial). */
export function decompressSnappy(data: Buffer): Buffer {
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappyDecompress(data)
  const blocks: Buffer[] = []
  let at = XERIAL_HEADER_BYTES
  while (at < data.length) {
    const end = at + 4 + data.readUInt32BE(at)
    if (end > data.length)
      throw new Error(`snappy block of ${end - at} bytes is cut off at ${data.length - at}`)
    blocks.push(snappyDecompress(data.subarray(at + 4, end)))
    at = end
  }
  return Buffer.concat(blocks)
}
