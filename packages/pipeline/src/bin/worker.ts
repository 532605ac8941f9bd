import { ENVIRONMENT } from '@radtune/core/contract'
import { followSettings } from '../live-settings/index.ts'
import { readSlotFault, readSlotSettings, readWorkerShare, startWorker } from '../worker/index.ts'
import { runService } from './run-service.ts'

await runService('worker', async ({ service, bootstrap, logger, required, number, client }) => {
  const share = readWorkerShare(process.env, {
    startSlots: number(ENVIRONMENT.slots),
    slotHeapBytes: number(ENVIRONMENT.slotHeapBytes),
  })
  const fault = readSlotFault(process.env)
  const start = { ...readSlotSettings(process.env), 'pipeline.parallelism': share.startTotal }
  const settings = await followSettings(client, { start, logger })
  const worker = await startWorker({
    service,
    bootstrap,
    logger,
    share,
    fault,
    statsAddress: required(ENVIRONMENT.statsAddress),
    settings,
  })
  return {
    async close() {
      await settings.close()
      await worker.close()
    },
  }
})
