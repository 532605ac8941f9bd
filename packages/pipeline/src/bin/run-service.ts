import { RadtuneError } from '@radtune/core/errors'
import { readServiceEnvironment, type ServiceEnvironment } from './service-environment.ts'

/** A service that runs until it is closed. */
export interface RunningService {
  close(): Promise<void>
}

/**
 * Runs one service of the pipeline as this process: start, wait for SIGTERM or SIGINT, close with grace, exit 0.
 * A failure to start is logged with its code and exits with that error's exit code.
 */
export async function runService(
  fallbackName: string,
  start: (environment: ServiceEnvironment) => Promise<RunningService>,
): Promise<void> {
  const environment = readServiceEnvironment(process.env, fallbackName)
  const { logger } = environment
  const fatal = (error: unknown): void => {
    const code = error instanceof RadtuneError ? error.code : undefined
    logger.fatal({ err: error, code }, error instanceof Error ? error.message : String(error))
    process.exit(error instanceof RadtuneError ? error.exitCode : 1)
  }
  process.on('uncaughtException', fatal)
  process.on('unhandledRejection', fatal)
  let closing = false
  let running: Promise<RunningService> | undefined
  const close = async (signal: NodeJS.Signals): Promise<void> => {
    if (closing) return
    closing = true
    logger.info({ signal }, 'stopping')
    await (await running)?.close()
    logger.info('stopped')
    process.exit(0)
  }
  process.on('SIGTERM', (signal) => void close(signal).catch(fatal))
  process.on('SIGINT', (signal) => void close(signal).catch(fatal))
  running = start(environment)
  await running.catch(fatal)
}
