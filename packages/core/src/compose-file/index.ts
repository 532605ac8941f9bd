export { type ComposeNode, entryOf, placeAt, plainValue, printPlace } from './compose-node.ts'
export type {
  ComposeDependency,
  ComposePort,
  ComposeProblem,
  ComposeProject,
  ComposeService,
  ComposeVolume,
  HealthCheck,
  Located,
  Place,
} from './compose-project.ts'
export { readEnvironmentFile } from './environment-file.ts'
export { type ComposeSource, type ReadCompose, readCompose } from './read-compose.ts'
