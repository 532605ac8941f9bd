export { createDockerRuntime, type DockerRuntimeOptions } from './docker-runtime.ts'
export { createEngineHost, engineAnswers } from './engine-host.ts'
