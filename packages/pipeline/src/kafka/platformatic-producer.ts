import type { Producer } from '@platformatic/kafka'
import type { BatchProducer, ClientOptions, OutputBatch } from './driver.ts'
import { guardSocket, type MayWrite } from './guard-socket.ts'

/** Retries span any outage: the accumulator holds its buffer and slows its caller until the broker is back. */
const RETRY_DELAY_MS = 300

type BufferProducer = Producer<Buffer, Buffer, Buffer, Buffer>

/** @platformatic/kafka as a batch producer: idempotent, one request in flight, as many retries as the outage is long. */
export function createPlatformaticProducer(options: ClientOptions, mayWrite?: MayWrite): BatchProducer {
  let opened: BufferProducer | undefined
  return {
    async connect() {
      opened = await openProducer(options)
      if (mayWrite)
        opened.on('client:broker:connect', ({ connection }) => guardSocket(connection.socket, mayWrite))
      await opened.initIdempotentProducer({})
    },
    async send(batches: readonly OutputBatch[], compression) {
      if (!opened) throw new Error('send before connect')
      await opened.send({ messages: toMessages(batches), compression })
    },
    async close() {
      await opened?.close(true)
    },
  }
}

/** The client takes 300 ms and 58 MB to import: only who produces with it pays. */
async function openProducer({ bootstrap, clientId }: ClientOptions): Promise<BufferProducer> {
  const platformatic = await import('@platformatic/kafka')
  return new platformatic.Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId,
    bootstrapBrokers: bootstrap.split(','),
    idempotent: true,
    acks: -1,
    retries: Number.MAX_SAFE_INTEGER,
    retryDelay: RETRY_DELAY_MS,
    connectTimeout: 3000,
    autocreateTopics: false,
    metadataMaxAge: 300_000,
  })
}

const headerNames = new Map<string, Buffer>()

/** Header names are a handful of constants: encode each once. */
function headerName(name: string): Buffer {
  let encoded = headerNames.get(name)
  if (!encoded) {
    encoded = Buffer.from(name)
    headerNames.set(name, encoded)
  }
  return encoded
}

function toMessages(batches: readonly OutputBatch[]) {
  const timestamp = BigInt(Date.now())
  const messages = []
  for (const { topic, partition, records } of batches) {
    for (const { key, value, headers } of records) {
      const encoded = new Map<Buffer, Buffer>()
      for (const [name, text] of headers) encoded.set(headerName(name), text)
      messages.push({ topic, partition, value, headers: encoded, timestamp, ...(key ? { key } : {}) })
    }
  }
  return messages
}
