/** The Kafka that both runtimes run. */
export const KAFKA_VERSION = '4.3.1'

/**
 * Ports of 127.0.0.1 of a stack that was asked for no others: the broker's and its controller's, the services' and the first of
 * the stats.
 */
export const DEFAULT_PORTS = { kafka: 9092, controller: 9093, backend: 8000, frontend: 8080, stats: 9100 }

export const KAFKA_IMAGE = `apache/kafka:${KAFKA_VERSION}`

/** The image of the pipeline; its tag is radtune's version. */
export const PIPELINE_IMAGE = 'radtune-pipeline'
