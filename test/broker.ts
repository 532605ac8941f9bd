import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startBroker } from '../packages/cli/src/adapters/local/kafka-broker.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port of a real broker that all tests of the run share: use topics of your own. */
    bootstrap: string
  }
}

/** One real broker for all tests that need one. */
export default async function startTestBroker(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'radtune-broker-'))
  const broker = await startBroker({ dataDir })
  project.provide('bootstrap', broker.bootstrap)
  return async () => {
    await broker.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
