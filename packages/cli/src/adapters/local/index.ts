export { findFreePorts } from './free-ports.ts'
export type { BrokerOptions, RunningBroker } from './kafka-broker.ts'
export { createLocalRuntime, type LocalRuntimeOptions } from './local-runtime.ts'
export { checkPorts } from './ports-in-use.ts'
