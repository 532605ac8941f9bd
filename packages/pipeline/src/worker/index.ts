export { readSlotFault } from './slot-fault.ts'
export { readSlotSettings } from './slot-settings.ts'
export { startWorker } from './start-worker.ts'
export { readWorkerShare } from './worker-share.ts'
