import type { HostFacts } from '../../ports/host.ts'
import type { Launch, Runtime } from '../../ports/runtime.ts'
import type { StackWorld } from '../../ports/stack-world.ts'
import { createMemoryClock } from './memory-clock.ts'
import { createMemoryDoctor, healthyAnswers, type MemoryDoctorAnswers } from './memory-doctor.ts'
import {
  createMemoryBroker,
  createMemoryPipeline,
  createMemoryStats,
  type MemoryPipeline,
} from './memory-pipeline.ts'
import { createMemoryProject, type MemoryProject } from './memory-project.ts'
import {
  createMemoryRuntime,
  createMemoryRuntimeScript,
  type MemoryRuntime,
  type MemoryRuntimeScript,
} from './memory-runtime.ts'
import {
  createMemorySettings,
  createMemorySettingsTopic,
  type MemorySettings,
  publishInMemory,
  reportInMemory,
} from './memory-settings.ts'

/** A world in which a whole launch happens in memory. Tests steer it through `script`, `pipeline`, `topic` and `project`. */
export interface MemoryWorld extends StackWorld {
  runtime: MemoryRuntime
  project: MemoryProject
  script: MemoryRuntimeScript
  pipeline: MemoryPipeline
  topic: MemorySettings
  /** What its host says; tests change it as they go. */
  machine: HostFacts
  /** What its doctor says. */
  answers: MemoryDoctorAnswers
}

/** A runtime in which the project neither runs nor has data. */
function createIdleRuntime(name: Runtime['name']): Runtime {
  const idle = createMemoryRuntime(createMemoryClock(), createMemoryRuntimeScript(), () => undefined)
  return { ...idle, name }
}

/** A world of a machine of 4 CPUs and 8 GiB on which nothing runs. */
export function createMemoryWorld(): MemoryWorld {
  const clock = createMemoryClock()
  const script = createMemoryRuntimeScript()
  const pipeline = createMemoryPipeline()
  const project = createMemoryProject()
  const topic = createMemorySettings()
  const runtime = createMemoryRuntime(clock, script, (startedAt) => {
    pipeline.startedAt = startedAt
    if (startedAt !== undefined && project.launch) publishInMemory(topic, project.launch, startedAt)
  })
  const gib = 1024 ** 3
  const machine = {
    cpus: 4,
    memoryBytes: 8 * gib,
    availableMemoryBytes: 6 * gib,
    platform: 'linux',
    machine: { cpus: 4, memoryBytes: 8 * gib },
  }
  const answers = healthyAnswers()
  let nextPort = 40_000
  return {
    clock,
    script,
    pipeline,
    project,
    topic,
    runtime,
    otherRuntime: createIdleRuntime('docker'),
    machine,
    host: {
      facts: async () => machine,
      identity: async () => ({ cpuModel: 'Memory CPU', kernel: 'Linux 6.8', arch: 'x64' }),
      load: async () => ({
        cpus: machine.cpus,
        cpuShare: 0.4,
        perCore: Array.from({ length: machine.cpus }, () => 0.4),
        memoryBytes: machine.memoryBytes,
        usedBytes: machine.memoryBytes - machine.availableMemoryBytes,
      }),
    },
    answers,
    doctor: createMemoryDoctor(answers),
    stats: createMemoryStats(pipeline, {
      now: () => clock.now(),
      ports: () => project.launch?.ports.stats ?? {},
      settings: (service) => reportInMemory(topic, project.launch as Launch, service),
    }),
    broker: () =>
      createMemoryBroker(
        pipeline,
        () => clock.now(),
        () => project.launch?.spec,
      ),
    settings: () =>
      createMemorySettingsTopic(topic, ({ key, value }) => {
        if (key === 'provider.rate' && value !== null && pipeline.followsRate)
          pipeline.rates.push({ at: clock.now(), perSecond: JSON.parse(value).value })
      }),
    freePorts: async (count) => Array.from({ length: count }, () => ++nextPort),
  }
}
