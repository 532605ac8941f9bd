export { known, type Reading, unknown } from './reading.ts'
