import { ENVIRONMENT } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { type Logger, pino } from 'pino'

/** What every service reads from its environment. */
export interface ServiceEnvironment {
  service: string
  bootstrap: string
  logger: Logger
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
  return {
    service,
    bootstrap: environment[ENVIRONMENT.bootstrap] ?? '127.0.0.1:9092',
    logger: pino({ name: service, level: environment.LOG_LEVEL ?? 'info', base: null }),
    required,
    number(name) {
      const value = Number(required(name))
      if (!Number.isFinite(value))
        throw new RadtuneError('RT-SET-001', { what: `${name}=${environment[name]} is not a number` })
      return value
    },
  }
}
