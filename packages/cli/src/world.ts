import process from 'node:process'
import type { Clock } from './ports/clock.ts'
import type { ComposeSchema } from './ports/compose-schema.ts'
import type { Files } from './ports/files.ts'
import type { Host } from './ports/host.ts'
import type { RuntimeWish } from './ports/runtime.ts'
import type { StackWorld } from './ports/stack-world.ts'
import type { TextStream } from './ports/text-stream.ts'

/** Everything outside of the program that commands touch, so that a test can hand in its own. */
export interface World {
  environment: Readonly<Record<string, string | undefined>>
  workingDir: string
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: TextStream
  stderr: TextStream
  clock: Clock
  files: Files
  host: Pick<Host, 'facts' | 'identity'>
  composeSchema: ComposeSchema
  /** Folder of the profiles that radtune ships. */
  shippedProfilesDir: string
  /** Folder for reports of unexpected errors. */
  stateDir: string
  /** The user's own settings file; it need not exist. */
  userConfigFile: string
  /**
   * What up, status, down and logs need, for the project in this folder. Loaded when asked for: it is heavy. The runtime is the
   * one wished for, else the one that runs the project or holds its data, else, for `any`, Docker where it can be used.
   */
  stackWorld(projectDir: string, wish?: RuntimeWish): Promise<StackWorld>
  /** Calls `listener` at SIGINT and SIGTERM until the returned function is called. */
  onInterrupt(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
}

/** The one place that builds the real adapters: this process, its terminal and its machine. */
export async function createWorld(): Promise<World> {
  const [{ createDiskFiles }, { findShippedProfiles, findStateDir, findUserConfig }, { systemClock }] =
    await Promise.all([
      import('./adapters/files/disk-files.ts'),
      import('./adapters/files/places.ts'),
      import('./adapters/clock/system-clock.ts'),
    ])
  return {
    environment: process.env,
    workingDir: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    files: createDiskFiles(),
    host: {
      facts: async () => (await systemHost()).facts(),
      identity: async () => (await systemHost()).identity(),
    },
    composeSchema: {
      problems: async (file) =>
        (await import('./adapters/compose-schema/ajv-compose-schema.ts'))
          .createComposeSchema()
          .problems(file),
    },
    shippedProfilesDir: findShippedProfiles(import.meta.dirname),
    stateDir: findStateDir(process.env),
    userConfigFile: findUserConfig(process.env),
    stackWorld: createStackWorld,
    onInterrupt: listenForSignals,
  }
}

async function systemHost(): Promise<Host> {
  return (await import('./adapters/host/system-host.ts')).createSystemHost()
}

async function createStackWorld(projectDir: string, wish?: RuntimeWish): Promise<StackWorld> {
  const [
    { createLocalRuntime, findFreePorts },
    { createDockerRuntime, createEngineHost },
    { chooseRuntime },
    { createProject },
    { createSystemHost },
    { createSystemDoctor },
    { systemClock },
    { createHttpStats },
    { createKafkaBroker },
    { createKafkaSettings },
    { findVersion },
  ] = await Promise.all([
    import('./adapters/local/index.ts'),
    import('./adapters/docker/index.ts'),
    import('./adapters/choose-runtime.ts'),
    import('./adapters/project/project-files.ts'),
    import('./adapters/host/system-host.ts'),
    import('./adapters/doctor/system-doctor.ts'),
    import('./adapters/clock/system-clock.ts'),
    import('./adapters/http/http-stats.ts'),
    import('./adapters/kafka/kafka-broker.ts'),
    import('./adapters/kafka/kafka-settings.ts'),
    import('./adapters/files/places.ts'),
  ])
  const local = createLocalRuntime({ projectDir })
  const docker = createDockerRuntime({ projectDir, version: findVersion(import.meta.dirname) })
  const inDocker = (await chooseRuntime(projectDir, wish)) === 'docker'
  return {
    runtime: inDocker ? docker : local,
    otherRuntime: inDocker ? local : docker,
    project: createProject({ directory: projectDir }),
    host: inDocker ? createEngineHost() : createSystemHost(),
    doctor: createSystemDoctor({ projectDir }),
    clock: systemClock,
    stats: createHttpStats({ now: systemClock.now }),
    broker: (port) => createKafkaBroker({ bootstrap: `127.0.0.1:${port}` }),
    settings: (port) => createKafkaSettings({ bootstrap: `127.0.0.1:${port}` }),
    freePorts: findFreePorts,
  }
}

function listenForSignals(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
  const interrupted = () => listener('SIGINT')
  const terminated = () => listener('SIGTERM')
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', terminated)
  return () => {
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', terminated)
  }
}
