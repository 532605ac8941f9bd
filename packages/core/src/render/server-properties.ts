import type { StackSpec } from '../stack/index.ts'

/** The numbers that a one-node broker's file is made of. Bytes and milliseconds. */
export interface BrokerProperties {
  port: number
  controllerPort: number
  /** Absolute folder of the logs of the topics. */
  dataDir: string
  partitions: number
  replicationFactor: number
  retentionMs: number
  segmentBytes: number
}

/** The broker's server.properties for the plan; the broker and its controller listen on loopback only. */
export function renderServerProperties(
  spec: StackSpec,
  ports: { kafka: number; controller: number },
  paths: { dataDir: string },
): string {
  return renderBrokerProperties({
    port: ports.kafka,
    controllerPort: ports.controller,
    dataDir: paths.dataDir,
    partitions: spec.settings['topics.radiation-data.partitions'].value,
    replicationFactor: spec.settings['topics.replicationFactor'].value,
    retentionMs: spec.settings['topics.retention'].value,
    segmentBytes: spec.settings['topics.segmentBytes'].value,
  })
}

/** server.properties of one KRaft node that is broker and controller, for machines rather than clusters. */
export function renderBrokerProperties(properties: BrokerProperties): string {
  const { port, controllerPort, replicationFactor } = properties
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`
  const lines: [string, string | number | boolean][] = [
    ['process.roles', 'broker,controller'],
    ['node.id', 1],
    ['controller.quorum.bootstrap.servers', `127.0.0.1:${controllerPort}`],
    ['listeners', listeners],
    ['advertised.listeners', listeners],
    ['listener.security.protocol.map', 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'],
    ['inter.broker.listener.name', 'PLAINTEXT'],
    ['controller.listener.names', 'CONTROLLER'],
    ['log.dirs', escapeValue(properties.dataDir)],
    ['num.partitions', properties.partitions],
    ['default.replication.factor', replicationFactor],
    ['log.retention.ms', properties.retentionMs],
    ['log.segment.bytes', properties.segmentBytes],
    ['auto.create.topics.enable', false],
    // One node: the internal topics can have one copy only, and their default of 50 partitions each costs start-up time.
    ['offsets.topic.num.partitions', 4],
    ['offsets.topic.replication.factor', replicationFactor],
    ['transaction.state.log.num.partitions', 4],
    ['transaction.state.log.replication.factor', replicationFactor],
    ['transaction.state.log.min.isr', 1],
    ['share.coordinator.state.topic.num.partitions', 1],
    ['share.coordinator.state.topic.replication.factor', replicationFactor],
    ['share.coordinator.state.topic.min.isr', 1],
    // All slots join one generation, so their partitions are dealt once. The wait begins again as long as others come within it,
    // so it lasts twice this long at least.
    ['group.initial.rebalance.delay.ms', 500],
    ['num.network.threads', 2],
    ['num.io.threads', 4],
    ['background.threads', 2],
    ['log.cleaner.dedupe.buffer.size', 16 * 1024 * 1024],
    // After a kill the controller waits for the old registration to end: 4.5 s until ready instead of 12 s.
    ['broker.session.timeout.ms', 3000],
    ['broker.heartbeat.interval.ms', 500],
  ]
  return `${lines.map(([key, value]) => `${key}=${value}`).join('\n')}\n`
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
