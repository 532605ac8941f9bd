import { ENVIRONMENT } from '@radtune/core/contract'
import { startProvider } from '../provider/start-provider.ts'
import { runService } from './run-service.ts'

await runService('provider', async ({ service, bootstrap, logger, required }) => {
  const environment = process.env
  return startProvider({
    service,
    bootstrap,
    logger,
    environment,
    statsAddress: required(ENVIRONMENT.statsAddress),
    paths: JSON.parse(environment[ENVIRONMENT.data] || '[]') as string[],
    loop: environment[ENVIRONMENT.loop] === 'true',
    seed: Number(environment[ENVIRONMENT.seed] ?? 1),
    onFailure: (error) => {
      throw error
    },
  })
})
