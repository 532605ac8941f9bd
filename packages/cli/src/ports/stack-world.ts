import type { Broker } from './broker.ts'
import type { Clock } from './clock.ts'
import type { Doctor } from './doctor.ts'
import type { Host } from './host.ts'
import type { Project } from './project.ts'
import type { Runtime } from './runtime.ts'
import type { SettingsTopic } from './settings-topic.ts'
import type { StatsSource } from './stats.ts'

/** All that the services of up, set, get, status, down, logs and doctor ask of the world. */
export interface StackWorld {
  runtime: Runtime
  /** The one that was not chosen: the two never run the same project at once. */
  otherRuntime: Runtime
  project: Project
  host: Host
  doctor: Doctor
  clock: Clock
  stats: StatsSource
  /** The broker that listens on 127.0.0.1:`port`. Connects at the first question. */
  broker(port: number): Broker
  /** The settings topic of that broker. Connects at the first question. */
  settings(port: number): SettingsTopic
  /** Distinct TCP ports of 127.0.0.1 that nothing listens on. */
  freePorts(count: number): Promise<number[]>
}
