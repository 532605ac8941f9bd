import type { ClientOptions, KafkaDriver } from './driver.ts'
import { installFastFetch } from './fast-fetch.ts'
import { createIdempotentProducer } from './idempotent-producer.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { createKafkajsConsumer } from './kafkajs-consumer.ts'
import { createKafkajsProducer } from './kafkajs-producer.ts'
import { createTransactionalProducer } from './transactional-producer.ts'

/**
 * The clients of the data path. `hybrid` joins, fetches and commits with kafkajs, which alone sends commit metadata, produces
 * over @platformatic/kafka, which survives outages, and reads and writes the record batches itself; `kafkajs` leaves all to
 * kafkajs, as a measure of the difference.
 */
export function createDriver(name: KafkaDriver['name'], options: ClientOptions): KafkaDriver {
  if (name === 'hybrid') installFastFetch()
  const kafka = createKafkajs(options)
  return {
    name,
    consumer: (consumerOptions) => createKafkajsConsumer(kafka, consumerOptions),
    producer: ({ mayWrite } = {}) =>
      name === 'kafkajs' ? createKafkajsProducer(kafka) : createIdempotentProducer(options, mayWrite),
    transactionalProducer(transactionOptions) {
      if (name === 'kafkajs') throw new Error('transactions need the driver hybrid')
      return createTransactionalProducer(options, transactionOptions)
    },
  }
}
