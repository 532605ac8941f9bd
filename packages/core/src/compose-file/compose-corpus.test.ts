import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseBytes } from '../units/index.ts'
import { type ComposeProject, type ComposeService, readCompose } from './index.ts'

const folder = join(import.meta.dirname, '../../test/compose')

/** Compose files of many styles; all of them are valid. */
const corpus: readonly (readonly [string, ...string[]])[] = [
  ['minimal/compose.yaml'],
  ['reference/docker-compose.yaml'],
  ['reference/docker-compose.yaml', 'reference/docker-compose.prod.yaml'],
  ['version-2/docker-compose.yml'],
  ['anchors/compose.yaml'],
  ['env-files/compose.yaml'],
  ['extends/compose.yaml'],
  ['overrides/compose.yaml'],
  ['overrides/compose.yaml', 'overrides/compose.prod.yaml'],
  ['overrides/compose.yaml', 'overrides/compose.prod.yaml', 'overrides/compose.local.yaml'],
  ['include/compose.yaml'],
  ['long-forms/compose.yaml'],
  ['swarm/stack.yml'],
  ['profiles/compose.yaml'],
  ['flow-style/compose.json'],
  ['node-services/compose.yaml'],
  ['flink-session/compose.yaml'],
]

async function read(files: readonly string[]): Promise<ComposeProject> {
  const result = await readCompose({
    files: files.map((file) => join(folder, file)),
    environment: {},
    load: async (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.project
}

it.each(corpus)('%s %s %s is read in full', async (...files) => {
  const { notes, services } = await read(files.filter(Boolean))
  expect(notes).toEqual([])
  for (const { at } of services) {
    const line = readFileSync(at.file, 'utf8').split('\n')[at.line - 1] ?? ''
    expect(line.slice(at.column - 1)).toMatch(/^"?[\w-]+"?:/)
  }
})

const answers = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' }).status === 0

describe.skipIf(!answers)(
  'as docker compose itself resolves it (skipped where there is no docker compose)',
  () => {
    it.each(corpus)('%s %s %s', async (...given) => {
      const files = given.filter(Boolean)
      const args = ['compose', ...files.flatMap((file) => ['-f', join(folder, file)])]
      const { PATH = '', HOME = '' } = process.env
      const run = spawnSync('docker', [...args, '--profile', '*', 'config', '--format', 'json'], {
        encoding: 'utf8',
        env: { PATH, HOME },
      })
      expect(run.status, run.stderr).toBe(0)
      const { services } = JSON.parse(run.stdout) as { services: Record<string, Resolved> }
      const project = await read(files)
      expect(project.services.map(({ name }) => name).sort()).toEqual(Object.keys(services).sort())
      for (const service of project.services)
        expect(ours(service), service.name).toEqual(theirs(services[service.name] ?? {}))
    })
  },
)

/** What is compared of the answer of `docker compose config`. */
interface Resolved {
  image?: string
  command?: string[] | null
  environment?: Record<string, string | null>
  ports?: { target: number; published?: string; host_ip?: string; protocol?: string }[]
  volumes?: { type: string; target: string; read_only?: boolean }[]
  depends_on?: Record<string, { condition: string }>
  mem_limit?: string
  mem_reservation?: string
  cpus?: number
  scale?: number
  restart?: string
  healthcheck?: { test?: string[]; disable?: boolean }
  deploy?: {
    replicas?: number
    resources?: {
      limits?: { memory?: string; cpus?: string | number }
      reservations?: { memory?: string; cpus?: string | number }
    }
  }
}

function theirs(service: Resolved) {
  const { limits, reservations } = service.deploy?.resources ?? {}
  return {
    image: service.image,
    command: service.command ?? undefined,
    // It is printed so that it can be read again: $ as $$.
    environment: Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([name, value]) => [
        name,
        value?.replaceAll('$$', '$') ?? null,
      ]),
    ),
    ports: (service.ports ?? [])
      .map(
        ({ target, published, host_ip, protocol }) =>
          `${host_ip ?? ''}:${published ?? ''}:${target}/${protocol}`,
      )
      .sort(),
    volumes: (service.volumes ?? [])
      .map(({ type, target, read_only }) => `${type} ${target} ${read_only ?? false}`)
      .sort(),
    dependsOn: Object.fromEntries(
      Object.entries(service.depends_on ?? {}).map(([name, { condition }]) => [name, condition]),
    ),
    memory: bytes(limits?.memory ?? service.mem_limit),
    cpus: limits?.cpus === undefined ? service.cpus : Number(limits.cpus),
    reservedMemory: bytes(reservations?.memory ?? service.mem_reservation),
    replicas: service.deploy?.replicas ?? service.scale ?? 1,
    restart: service.restart,
    test: service.healthcheck?.disable ? undefined : service.healthcheck?.test,
  }
}

function ours(service: ComposeService) {
  const { healthCheck } = service
  return {
    image: service.image?.value,
    command: service.command?.value,
    environment: Object.fromEntries([...service.environment].map(([name, { value }]) => [name, value])),
    ports: service.ports
      .flatMap(({ value }) =>
        unrolled(value.target).map((target, index) => {
          const published = value.published === undefined ? '' : unrolled(value.published)[index]
          return `${value.hostIp ?? ''}:${published}:${target}/${value.protocol}`
        }),
      )
      .sort(),
    volumes: service.volumes.map(({ value }) => `${value.type} ${value.target} ${value.readOnly}`).sort(),
    dependsOn: Object.fromEntries([...service.dependsOn].map(([name, { value }]) => [name, value.condition])),
    memory: service.limits.memoryBytes?.value,
    cpus: service.limits.cpus?.value,
    reservedMemory: service.reservations.memoryBytes?.value,
    replicas: service.replicas,
    restart: service.restart?.value,
    test: healthCheck === undefined || healthCheck.value.disabled ? undefined : healthCheck.value.test,
  }
}

/** `9000-9002` as its ports. */
function unrolled(range: string): string[] {
  const [first = 0, last = first] = range.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
}

function bytes(text: string | undefined): number | undefined {
  const parsed = text === undefined ? undefined : parseBytes(text)
  return parsed?.ok ? parsed.value : undefined
}
