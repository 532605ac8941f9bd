import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalRuntime, findFreePorts } from '../../src/adapters/local/index.ts'
import { launchAt } from './launches.ts'
import { describeRuntime } from './runtime-contract.ts'

describeRuntime('the local runtime', async () => {
  const projectDir = await mkdtemp(join(tmpdir(), 'radtune-contract-'))
  const [kafka = 0, controller = 0, backend = 0, frontend = 0, ...rest] = await findFreePorts(10)
  const names = launchAt(1, { kafka, controller, backend, frontend, stats: {} }).spec.services.flatMap(
    ({ name }) => (name === 'kafka' ? [] : [name]),
  )
  const stats = Object.fromEntries(names.map((name, index) => [name, rest[index] ?? 0]))
  return {
    runtime: createLocalRuntime({ projectDir }),
    launchAt: (rate, seed) => launchAt(rate, { kafka, controller, backend, frontend, stats }, seed),
    close: () => rm(projectDir, { recursive: true, force: true }),
  }
})
