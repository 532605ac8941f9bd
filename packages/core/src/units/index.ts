export { formatBytes, GIB, KIB, MIB, parseBytes } from './bytes.ts'
export { formatDuration, parseDuration } from './duration.ts'
export { type Parsed, parsed, refused } from './problem.ts'
