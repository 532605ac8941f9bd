import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** Magic, version and compatible version. */
const XERIAL_HEADER_BYTES = 16

let registered: Promise<void> | undefined

/** Gives kafkajs, which has gzip only, the other codecs of Kafka; loaded when records are read that a producer may have compressed. */
export function registerCodecs(): Promise<void> {
  registered ??= register()
  return registered
}

async function register(): Promise<void> {
  const [{ default: kafkajs }, { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress }] =
    await Promise.all([import('kafkajs'), import('@platformatic/wasm-utils')])
  const { CompressionTypes, CompressionCodecs } = kafkajs
  const codec = (compress: (data: Buffer) => Buffer, decompress: (data: Buffer) => Buffer) => () => ({
    compress: async (encoder: { buffer: Buffer }) => compress(encoder.buffer),
    decompress: async (data: Buffer) => decompress(data),
  })
  CompressionCodecs[CompressionTypes.Snappy] = codec(snappyCompress, (data) =>
    Buffer.concat([...snappyBlocks(data)].map(snappyDecompress)),
  )
  CompressionCodecs[CompressionTypes.LZ4] = codec(lz4Compress, lz4Decompress)
  CompressionCodecs[CompressionTypes.ZSTD] = codec(zstdCompressSync, zstdDecompressSync)
}

/** Snappy comes as one block, or as the framed blocks that Java clients write (`SnappyOutputStream` of xerial). */
function* snappyBlocks(data: Buffer): Generator<Buffer> {
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return yield data
  for (let at = XERIAL_HEADER_BYTES; at < data.length; ) {
    const end = at + 4 + data.readUInt32BE(at)
    yield data.subarray(at + 4, end)
    at = end
  }
}
