export type { ReadingSource } from './reading-feed.ts'
export { type BackendOptions, type RunningBackend, startBackend } from './start-backend.ts'
