export { jvmFlags } from './jvm-flags.ts'
export { type LocalProcess, type LocalRendering, renderLocal } from './local.ts'
export { renderBrokerProperties, renderServerProperties } from './server-properties.ts'
