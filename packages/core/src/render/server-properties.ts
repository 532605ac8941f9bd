import type { StackSpec } from '../stack/index.ts'

/** Where a one-node broker listens and finds itself. */
export interface BrokerListeners {
  /** Name and address of each listener for clients, as it binds and as it tells clients to come back; the first is its own. */
  clients: readonly { name: string; binds: string; advertises: string }[]
  /** Address of the controller. */
  controller: string
  /** How the broker finds the quorum: a node to ask, or the voters when the storage was formatted without them. */
  quorum: 'bootstrap' | 'static voters'
}

/** The numbers that a one-node broker's file is made of. Bytes and milliseconds. */
export interface BrokerNumbers {
  /** Absolute folder of the logs of the topics. */
  dataDir: string
  partitions: number
  replicationFactor: number
  retentionMs: number
  segmentBytes: number
}

export interface BrokerProperties extends BrokerNumbers {
  port: number
  controllerPort: number
}

/** One line of server.properties, and why it is so where that is not the plan's to say. */
export type BrokerProperty = readonly [key: string, value: string | number | boolean, why?: string]

/** What a plan says about the broker. */
export function brokerNumbers(spec: StackSpec, dataDir: string): BrokerNumbers {
  return {
    dataDir,
    partitions: spec.settings['topics.radiation-data.partitions'].value,
    replicationFactor: spec.settings['topics.replicationFactor'].value,
    retentionMs: spec.settings['topics.retention'].value,
    segmentBytes: spec.settings['topics.segmentBytes'].value,
  }
}

/** The broker's server.properties for the plan; the broker and its controller listen on loopback only. */
export function renderServerProperties(
  spec: StackSpec,
  ports: { kafka: number; controller: number },
  paths: { dataDir: string },
): string {
  return renderBrokerProperties({
    ...brokerNumbers(spec, paths.dataDir),
    port: ports.kafka,
    controllerPort: ports.controller,
  })
}

/** server.properties of one KRaft node that is broker and controller, for machines rather than clusters. */
export function renderBrokerProperties({ port, controllerPort, ...numbers }: BrokerProperties): string {
  const address = `127.0.0.1:${port}`
  const lines = brokerProperties(numbers, {
    clients: [{ name: 'PLAINTEXT', binds: address, advertises: address }],
    controller: `127.0.0.1:${controllerPort}`,
    quorum: 'bootstrap',
  })
  return `${lines.map(([key, value]) => `${key}=${escapeValue(String(value))}`).join('\n')}\n`
}

/** The settings of one KRaft node that is broker and controller, the same in every runtime but for where it listens. */
export function brokerProperties(
  numbers: BrokerNumbers,
  { clients, controller, quorum }: BrokerListeners,
): BrokerProperty[] {
  const { replicationFactor } = numbers
  const names = [...clients.map(({ name }) => name), 'CONTROLLER']
  const listeners = (address: 'binds' | 'advertises') =>
    [...clients.map((client) => `${client.name}://${client[address]}`), `CONTROLLER://${controller}`].join(
      ',',
    )
  return [
    ['process.roles', 'broker,controller'],
    ['node.id', 1],
    quorum === 'bootstrap'
      ? ['controller.quorum.bootstrap.servers', controller]
      : ['controller.quorum.voters', `1@${controller}`],
    ['listeners', listeners('binds')],
    ['advertised.listeners', listeners('advertises')],
    ['listener.security.protocol.map', names.map((name) => `${name}:PLAINTEXT`).join(',')],
    ['inter.broker.listener.name', names[0] ?? ''],
    ['controller.listener.names', 'CONTROLLER'],
    ['log.dirs', numbers.dataDir],
    ['num.partitions', numbers.partitions],
    ['default.replication.factor', replicationFactor],
    ['log.retention.ms', numbers.retentionMs],
    ['log.segment.bytes', numbers.segmentBytes],
    ['auto.create.topics.enable', false, 'the one-shot topics makes them'],
    [
      'offsets.topic.num.partitions',
      4,
      'one node: the internal topics can have one copy only, and their default of 50 partitions each costs start-up time',
    ],
    ['offsets.topic.replication.factor', replicationFactor],
    ['transaction.state.log.num.partitions', 4],
    ['transaction.state.log.replication.factor', replicationFactor],
    ['transaction.state.log.min.isr', 1],
    ['share.coordinator.state.topic.num.partitions', 1],
    ['share.coordinator.state.topic.replication.factor', replicationFactor],
    ['share.coordinator.state.topic.min.isr', 1],
    [
      'group.initial.rebalance.delay.ms',
      500,
      'all slots join one generation, so their partitions are dealt once; the wait begins again as long as others come within it, so it lasts twice this long at least',
    ],
    ['num.network.threads', 2, 'a broker of a few clients on a part of a machine'],
    ['num.io.threads', 4],
    ['background.threads', 2],
    ['log.cleaner.dedupe.buffer.size', 16 * 1024 * 1024, 'on the heap; the default is 128 MiB'],
    [
      'broker.session.timeout.ms',
      3000,
      'after a kill the controller waits for the old registration to end: 4.5 s until ready instead of 12 s',
    ],
    ['broker.heartbeat.interval.ms', 500],
  ]
}

/** Java reads backslash escapes and Latin-1 in a properties file; everything else is written as \\uXXXX. */
function escapeValue(text: string): string {
  let escaped = ''
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0x5c) escaped += '\\\\'
    else if (unit >= 0x20 && unit < 0x7f) escaped += text[index]
    else escaped += `\\u${unit.toString(16).padStart(4, '0')}`
  }
  return escaped.replace(/^ /, '\\ ')
}
