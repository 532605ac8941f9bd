import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDockerRuntime, dockerIsUsable } from '../../src/adapters/docker/index.ts'
import { findFreePorts } from '../../src/adapters/local/index.ts'
import { launchAt } from './launches.ts'
import { describeRuntime } from './runtime-contract.ts'

const obstacle = (await dockerIsUsable()) ? undefined : 'no container engine with compose answers'
if (obstacle !== undefined && process.env.RADTUNE_REQUIRE_ALL === '1') throw new Error(obstacle)

describeRuntime(
  'the docker runtime',
  async () => {
    const projectDir = await mkdtemp(join(tmpdir(), 'radtune-contract-'))
    const [kafka = 0, controller = 0, backend = 0, frontend = 0, ...rest] = await findFreePorts(10)
    const names = launchAt(1, { kafka, controller, backend, frontend, stats: {} }).spec.services.flatMap(
      ({ name }) => (name === 'kafka' ? [] : [name]),
    )
    const stats = Object.fromEntries(names.map((name, index) => [name, rest[index] ?? 0]))
    const runtime = createDockerRuntime({ projectDir, version: '0.0.0-test' })
    return {
      runtime,
      launchAt: (rate, seed) => ({
        ...launchAt(rate, { kafka, controller, backend, frontend, stats }, seed),
        environment: 'prod',
      }),
      async close() {
        await runtime.dropData()
        await rm(projectDir, { recursive: true, force: true })
      },
    }
  },
  obstacle,
)
