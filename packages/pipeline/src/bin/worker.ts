import { ENVIRONMENT } from '@radtune/core/contract'
import { readSlotSettings, startWorker } from '../worker/index.ts'
import { runService } from './run-service.ts'

await runService('worker', async ({ service, bootstrap, logger, required, number }) =>
  startWorker({
    service,
    bootstrap,
    logger,
    slots: number(ENVIRONMENT.slots),
    slotHeapBytes: number(ENVIRONMENT.slotHeapBytes),
    statsAddress: required(ENVIRONMENT.statsAddress),
    settings: readSlotSettings(process.env),
  }),
)
