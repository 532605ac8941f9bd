export { findFreePorts, isPortFree } from './free-ports.ts'
export type { BrokerOptions, RunningBroker } from './kafka-broker.ts'
export { createLocalRuntime, type LocalRuntimeOptions } from './local-runtime.ts'
export { findPortOwner } from './ports-in-use.ts'
