export { type SystemView, type SystemViewOptions, startSystemView } from './start-system-view.ts'
export type { KafkaSource, ProgressAnswer } from './watch-services.ts'
