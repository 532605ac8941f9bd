import { createRequire } from 'node:module'
import { connect, type Socket } from 'node:net'
import kafkajs, { type Kafka, logLevel } from 'kafkajs'
import { registerCodecs } from './codecs.ts'
import type { ClientOptions } from './driver.ts'

let prepared = false

/**
 * A kafkajs client with all codecs, a quiet logger and no idle spin. Keeps trying for ever unless `retries` says how often. `onSocket` sees each
 * connection before it is used.
 */
export function createKafkajs(
  { bootstrap, clientId, log }: ClientOptions,
  {
    retries = 1_000_000_000,
    onSocket = () => undefined,
  }: { retries?: number; onSocket?: (socket: Socket) => void } = {},
): Kafka {
  if (!prepared) {
    prepareKafkajs()
    prepared = true
  }
  return new kafkajs.Kafka({
    brokers: bootstrap.split(','),
    clientId,
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 2000, retries },
    socketFactory({ host, port, onConnect }) {
      const socket = connect(
        { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 },
        onConnect,
      )
      onSocket(socket)
      return socket
    },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: entry }) => {
        const { message, timestamp: _timestamp, logger: _logger, ...details } = entry
        log({ level: level === logLevel.ERROR ? 'error' : 'warn', message, details })
      },
  })
}

function prepareKafkajs(): void {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  registerCodecs()
  stopIdleSpin()
}

/**
 * kafkajs re-arms a timer for throttled requests although nothing is pending, with a negative time that Node 24 takes for
 * 1 ms (kafkajs #1751): 2.9 % of a core while idle. Arm it only when there is something to send.
 */
function stopIdleSpin(): void {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded(this: {
    pending: unknown[]
  }) {
    if (this.pending.length > 0) schedule.call(this)
  }
}
