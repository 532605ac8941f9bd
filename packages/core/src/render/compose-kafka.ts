import type { SettingKey } from '../settings/index.ts'
import type { ServiceSpec, StackSpec } from '../stack/index.ts'
import { asShared, because, type YamlEntries } from './commented-yaml.ts'
import { composeLimits, explained } from './compose-limits.ts'
import { type ComposeRendering, HEALTH_INTERVALS, hostPort, NETWORKS } from './compose-rendering.ts'
import { KAFKA_IMAGE } from './images.ts'
import { jvmHeapFlags, jvmPerformanceFlags } from './jvm-flags.ts'
import { brokerNumbers, brokerProperties } from './server-properties.ts'
import type { StartStep } from './start-order.ts'

export const KAFKA_VOLUME = 'kafka-data'
const DATA_DIR = '/var/lib/kafka/data'
/** Inside of the container: for other containers, and for programs on the host. */
const CONTAINER_PORT = 29_092
const HOST_PORT = 9092
const CONTROLLER_PORT = 9093

/** Where containers find the broker. */
export function brokerAddress({ name }: Pick<ServiceSpec, 'name'>): string {
  return `${name}:${CONTAINER_PORT}`
}

/** The broker as a container. */
export function composeKafka(
  rendering: ComposeRendering,
  { service, graceMs }: { service: ServiceSpec } & Pick<StartStep, 'graceMs'>,
): YamlEntries {
  const published = hostPort(rendering, 'kafka')
  return {
    '<<': asShared('service'),
    image: KAFKA_IMAGE,
    environment: {
      KAFKA_HEAP_OPTS: explained(service, 'heapBytes', jvmHeapFlags(heapOf(service)).join(' ')),
      KAFKA_JVM_PERFORMANCE_OPTS: because(
        jvmPerformanceFlags({ heapBytes: heapOf(service), cpus: service.cpus }).join(' '),
        'pools of the size of the CPU limit; up to one CPU the quick compiler only, because the other wants more CPU than it saves',
      ),
      EXTRA_ARGS: because(
        '-name kafkaServer',
        'without the log of the garbage collector, which grows to 1 GB',
      ),
      KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN',
      ...brokerEnvironment(rendering.spec, { service, published }),
    },
    volumes: [`${KAFKA_VOLUME}:${DATA_DIR}`],
    tmpfs: because(
      [
        '/opt/kafka/config:uid=1000,gid=1000,size=1m',
        '/opt/kafka/logs:uid=1000,gid=1000,size=1m',
        '/tmp:exec,size=32m',
      ],
      'the start script writes its settings; codecs are unpacked to /tmp and run there',
    ),
    ports: because([`127.0.0.1:${published}:${HOST_PORT}`], 'for radtune and other programs on this machine'),
    networks: [NETWORKS.pipeline],
    healthcheck: because(
      {
        test: ['CMD', 'bash', '-c', `: < /dev/tcp/127.0.0.1/${HOST_PORT}`],
        ...HEALTH_INTERVALS,
      },
      'a connection: the tools of Kafka are a Java each, which this memory does not hold; that it takes requests is proved by the one-shot topics',
    ),
    ...composeLimits(service),
    stop_grace_period: because(
      `${graceMs / 1000}s`,
      'it closes its logs, so that the next start need not check them',
    ),
  }
}

/** server.properties of the local runtime as the image takes it: KAFKA_A_B is a.b. */
function brokerEnvironment(
  spec: StackSpec,
  { service, published }: { service: ServiceSpec; published: string },
): YamlEntries {
  const properties = brokerProperties(brokerNumbers(spec, DATA_DIR), {
    clients: [
      { name: 'PLAINTEXT', binds: `0.0.0.0:${CONTAINER_PORT}`, advertises: brokerAddress(service) },
      { name: 'HOST', binds: `0.0.0.0:${HOST_PORT}`, advertises: `127.0.0.1:${published}` },
    ],
    controller: `127.0.0.1:${CONTROLLER_PORT}`,
    quorum: 'static voters',
  })
  return Object.fromEntries(
    properties.map(([key, value, why]) => {
      const setting = PLANNED[key]
      const sentence = setting === undefined ? (why ?? WHY[key]) : spec.settings[setting].reason.sentence
      return [variableOf(key), sentence === undefined ? String(value) : because(String(value), sentence)]
    }),
  )
}

/** Which setting of the plan explains a property. */
const PLANNED: Readonly<Record<string, SettingKey>> = {
  'num.partitions': 'topics.radiation-data.partitions',
  'default.replication.factor': 'topics.replicationFactor',
  'log.retention.ms': 'topics.retention',
  'log.segment.bytes': 'topics.segmentBytes',
}

const WHY: Readonly<Record<string, string>> = {
  'process.roles': 'any of these discards the whole default file of the image, so the set is complete',
  listeners: 'PLAINTEXT is for containers; HOST is published on loopback and tells clients so',
  'log.dirs': 'the named volume; the default of the image is elsewhere',
}

function variableOf(property: string): string {
  return `KAFKA_${property.replaceAll('-', '___').replaceAll('_', '__').replaceAll('.', '_').toUpperCase()}`
}

function heapOf({ name, heapBytes }: ServiceSpec): number {
  if (heapBytes === undefined) throw new Error(`the plan has no heap for ${name}`)
  return heapBytes
}
