import { createBatchWriter } from './batch-writer.ts'
import { createBrokerLink } from './broker-link.ts'
import type { BatchProducer, ClientOptions } from './driver.ts'
import type { MayWrite } from './guard-socket.ts'

/**
 * An idempotent producer that writes record batches itself, over kafkajs's connections. One request is in flight; an outage of
 * any length only delays it. With `mayWrite` records leave the process only while it answers true.
 */
export function createIdempotentProducer(options: ClientOptions, mayWrite?: MayWrite): BatchProducer {
  const link = createBrokerLink(options, mayWrite)
  let write: BatchProducer['send'] | undefined

  return {
    async connect() {
      if (write) return
      const identity = await link.persist(async () => {
        const broker = await (await link.cluster()).findControllerBroker()
        return await broker.initProducerId({ transactionTimeout: 0 })
      })
      write = createBatchWriter(link, identity)
    },
    async send(batches, compression) {
      if (!write) throw new Error('send before connect')
      await write(batches, compression)
    },
    close: link.close,
  }
}
