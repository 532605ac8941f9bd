import { ENVIRONMENT } from '@radtune/core/contract'
import { readPageOverrides, startFrontend } from '../frontend/index.ts'
import { runService } from './run-service.ts'

await runService('frontend', ({ service, guard, logger, required, writeAccess }) => {
  const environment = process.env
  return startFrontend({
    ...guard,
    service,
    logger,
    httpAddress: required(ENVIRONMENT.httpAddress),
    statsAddress: required(ENVIRONMENT.statsAddress),
    backendUrl: required(ENVIRONMENT.backendUrl),
    webRoot: environment[ENVIRONMENT.webRoot],
    page: readPageOverrides(environment),
    access: writeAccess(),
  })
})
