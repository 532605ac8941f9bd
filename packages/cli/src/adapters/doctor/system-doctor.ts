import { readFile, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { KAFKA_VERSION } from '@radtune/core/render'
import type { Doctor } from '../../ports/doctor.ts'
import { isPortFree } from '../local/free-ports.ts'
import { findJava, findProgram } from '../local/java.ts'
import { isKafkaCached } from '../local/kafka-artefacts.ts'
import { findPipeline } from '../local/local-runtime.ts'
import { findPortOwner } from '../local/ports-in-use.ts'
import { readClock } from './clock-facts.ts'
import { findCompose, findEngine } from './engine-facts.ts'
import { tryLimits } from './limit-trial.ts'

/** Answers for this machine and the project in this folder. */
export function createSystemDoctor({
  projectDir,
  environment = process.env,
}: {
  projectDir: string
  environment?: NodeJS.ProcessEnv
}): Doctor {
  return {
    engine: (signal) => findEngine(environment, signal),
    compose: (signal) => findCompose(environment, signal),
    limits: (signal) => tryLimits(join(projectDir, '.radtune', 'local'), signal),
    freeDiskBytes: () => freeDiskBytes(projectDir),
    async portsInUse(ports) {
      const free = await Promise.all(ports.map(isPortFree))
      return ports.filter((_, index) => !free[index]).map((port) => ({ port, owner: portOwner(port) }))
    },
    async java() {
      const { majorVersion, path } = await findJava(environment)
      return { version: majorVersion, path }
    },
    async kafka() {
      const [cached, maven] = await Promise.all([isKafkaCached(environment), findProgram('mvn', environment)])
      return { version: KAFKA_VERSION, cached, maven }
    },
    pipeline: async () => findPipeline(),
    openFiles,
    clock: (signal) => readClock(environment, signal),
  }
}

function portOwner(port: number): string | undefined {
  try {
    const owner = findPortOwner(port)
    return owner && `${owner.command} (pid ${owner.pid})`
  } catch {
    return undefined // Without /proc nobody tells.
  }
}

/** Of the nearest folder that exists. */
async function freeDiskBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) throw error
    return await freeDiskBytes(dirname(folder))
  }
}

/** The hard limit: Java and Node raise their own to it. */
async function openFiles(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(limits) ?? []
  return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : hard === undefined ? undefined : Number(hard)
}
