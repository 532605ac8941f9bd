export { createDockerRuntime, type DockerRuntimeOptions } from './docker-runtime.ts'
export { createEngineHost, dockerIsUsable } from './engine-host.ts'
