import { ENVIRONMENT } from '@radtune/core/contract'
import { startFrontend } from '../frontend/index.ts'
import { runService } from './run-service.ts'

await runService('frontend', ({ service, logger, required }) => {
  const environment = process.env
  return startFrontend({
    service,
    logger,
    httpAddress: required(ENVIRONMENT.httpAddress),
    statsAddress: required(ENVIRONMENT.statsAddress),
    backendUrl: required(ENVIRONMENT.backendUrl),
    webRoot: environment[ENVIRONMENT.webRoot],
    page: {
      apiUrl: environment.VITE_API_URL,
      wsUrl: environment.VITE_WS_URL,
      mapboxToken: environment.VITE_MAPBOX_TOKEN,
    },
  })
})
