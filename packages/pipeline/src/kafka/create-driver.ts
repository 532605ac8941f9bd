import type { ClientOptions, KafkaDriver } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { createKafkajsConsumer } from './kafkajs-consumer.ts'
import { createKafkajsProducer } from './kafkajs-producer.ts'
import { createPlatformaticProducer } from './platformatic-producer.ts'

/**
 * The clients of the data path. `hybrid` consumes and commits with kafkajs, which alone sends commit metadata, and produces
 * with @platformatic/kafka, which costs half the CPU and survives outages; `kafkajs` does both with kafkajs.
 */
export function createDriver(name: KafkaDriver['name'], options: ClientOptions): KafkaDriver {
  const kafka = createKafkajs(options)
  return {
    name,
    consumer: (consumerOptions) => createKafkajsConsumer(kafka, consumerOptions),
    producer: ({ mayWrite } = {}) =>
      name === 'kafkajs' ? createKafkajsProducer(kafka) : createPlatformaticProducer(options, mayWrite),
  }
}
