export { type FlinkMemory, type FlinkProcess, flinkMemory } from './flink-memory.ts'
export { readFlinkProperties } from './flink-properties.ts'
