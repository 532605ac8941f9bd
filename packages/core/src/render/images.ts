/** The one version of Kafka that all runtimes run. */
export const KAFKA_VERSION = '4.3.1'

export const KAFKA_IMAGE = `apache/kafka:${KAFKA_VERSION}`

/** The image of the pipeline; its tag is radtune's version. */
export const PIPELINE_IMAGE = 'radtune-pipeline'
