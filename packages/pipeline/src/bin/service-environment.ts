import { ENVIRONMENT } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { type Logger, pino } from 'pino'
import { type GuardOptions, parseAddress, type WriteAccess, writeModeOf } from '../http/index.ts'
import type { ClientOptions } from '../kafka/index.ts'

/** What every service reads from its environment. */
export interface ServiceEnvironment {
  service: string
  bootstrap: string
  logger: Logger
  /** Of this service's own Kafka clients; what they say of themselves is logged as warnings. */
  client: ClientOptions
  /** Who may talk to its public server, beside loopback. */
  guard: GuardOptions
  /** Who may change something through its public server. Throws RT-SET-001 for a token that is too short. */
  writeAccess(): WriteAccess
  /** A variable that must be set. */
  required(name: string): string
  /** A variable that must be a number. */
  number(name: string): number
}

export function readServiceEnvironment(
  environment: NodeJS.ProcessEnv,
  fallbackName: string,
): ServiceEnvironment {
  const service = environment[ENVIRONMENT.service] ?? fallbackName
  const required = (name: string): string => {
    const value = environment[name]
    if (value === undefined || value === '')
      throw new RadtuneError('RT-SET-001', { what: `${name} is not set`, fix: [`${name}=… ${service}`] })
    return value
  }
  const bootstrap = environment[ENVIRONMENT.bootstrap] ?? '127.0.0.1:9092'
  const logger = pino({ name: service, level: environment.LOG_LEVEL ?? 'info', base: null })
  return {
    service,
    bootstrap,
    logger,
    client: { bootstrap, clientId: service, log: ({ message, details }) => logger.warn(details, message) },
    guard: {
      allowedHosts: listOf(environment[ENVIRONMENT.allowedHosts]),
      allowedOrigins: listOf(environment[ENVIRONMENT.allowedOrigins]),
    },
    writeAccess() {
      const publishedHost =
        environment[ENVIRONMENT.publishedHost] || parseAddress(required(ENVIRONMENT.httpAddress)).host
      const access = { publishedHost, token: environment[ENVIRONMENT.token] || undefined }
      writeModeOf(access)
      return access
    },
    required,
    number(name) {
      const value = Number(required(name))
      if (!Number.isFinite(value))
        throw new RadtuneError('RT-SET-001', { what: `${name}=${environment[name]} is not a number` })
      return value
    },
  }
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean)
}
