import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { profileFromName } from '../profile/index.ts'
import { planStack, type StackSpec } from '../stack/index.ts'
import { parseBytes } from '../units/index.ts'
import { isHandEdited } from './artifact.ts'
import { renderCompose } from './compose.ts'
import { type ComposeFolder, renderComposeFolder } from './compose-folder.ts'
import type { ComposeRendering } from './compose-rendering.ts'
import { renderServerProperties } from './server-properties.ts'

interface Service {
  image: string
  command?: string[]
  environment: Record<string, string>
  ports?: string[]
  volumes?: unknown[]
  depends_on?: Record<string, { condition: string }>
  healthcheck: { test?: string[]; disable?: boolean }
  deploy: {
    resources: Record<'limits' | 'reservations', { memory: string; cpus: string }>
  }
  memswap_limit: string
  cpu_shares: number
  labels: Record<string, string>
  [key: string]: unknown
}

interface ComposeFile {
  name: string
  services: Record<string, Service>
}

function specOf(name: string): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(`${name} is no profile`)
  const plan = planStack(named.profile)
  if (!plan.ok) throw plan.error
  return plan.spec
}

const read = (text: string | undefined): ComposeFile => parse(text ?? '', { merge: true })

function folderOf(name: string, more: Partial<ComposeFolder> = {}) {
  const artifacts = renderComposeFolder({
    spec: specOf(name),
    version: '1.2.3',
    sources: '../..',
    environments: ['dev', 'prod'],
    ...more,
  })
  const text = (path: string) => artifacts.find((artifact) => artifact.path === path)?.text
  return { artifacts, text, dev: read(text('compose.yaml')), prod: read(text('compose.prod.yaml')) }
}

const bytes = (text: string) => {
  const parsed = parseBytes(text)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.value
}
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

describe('the compose files of any machine', () => {
  it('parse, limit every service, and add up to the plan', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 48 }), fc.integer({ min: 2, max: 8 }), (cpus, memoryPerCpu) => {
        const spec = specOf(`${cpus}c${cpus * memoryPerCpu}g`)
        const { prod, dev } = folderOf(spec.profile)
        for (const file of [prod, dev]) {
          const planned = spec.services.map(({ name }) => file.services[name] as Service)
          const limits = planned.map(({ deploy }) => deploy.resources.limits)
          const reservations = planned.map(({ deploy }) => deploy.resources.reservations)
          expect(sum(limits.map(({ memory }) => bytes(memory)))).toBe(spec.totals.memoryBytes)
          expect(sum(limits.map((limit) => Number(limit.cpus)))).toBeCloseTo(spec.totals.cpus, 6)
          expect(sum(reservations.map(({ memory }) => bytes(memory)))).toBe(spec.totals.reservedMemoryBytes)
          expect(sum(reservations.map((each) => Number(each.cpus)))).toBeCloseTo(spec.totals.reservedCpus, 6)
          for (const service of Object.values(file.services)) {
            expect(service.memswap_limit).toBe(service.deploy.resources.limits.memory)
            expect(service.cpu_shares).toBe(
              Math.max(2, Math.round(1024 * Number(service.deploy.resources.reservations.cpus))),
            )
          }
        }
      }),
      { numRuns: 20 },
    )
  })

  it('publish on loopback, where .env does not move page and API; no port twice; start only after what they depend on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), (cpus) => {
        const { services } = folderOf(`${cpus}c${cpus * 2}g`).dev
        const ports = Object.values(services).flatMap((service) => service.ports ?? [])
        const movable = `\${RADTUNE_PUBLISHED_HOST:-127.0.0.1}:`
        expect(
          ports.filter((port) => port.startsWith(movable)).map((port) => port.split(':').at(-1)),
        ).toEqual(['8000', '8080'])
        for (const port of ports) expect(port.replace(movable, '127.0.0.1:')).toMatch(/^127\.0\.0\.1:/)
        expect(new Set(ports.map((port) => port.replace(/:\d+$/, ''))).size).toBe(ports.length)
        const seen = new Set<string>()
        for (const [name, { depends_on = {} }] of Object.entries(services)) {
          for (const other of Object.keys(depends_on)) expect(seen).toContain(other)
          seen.add(name)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('are the same each time, and know whether somebody has changed them', () => {
    const { artifacts } = folderOf('4c8g')
    expect(folderOf('4c8g').artifacts).toEqual(artifacts)
    for (const { text } of artifacts) {
      expect(text).toMatch(
        /^# radtune: profile=4c8g version=1\.2\.3 inputs=[0-9a-f]{16} content=[0-9a-f]{16}\n/,
      )
      expect(isHandEdited(text)).toBe(false)
      expect(isHandEdited(text.replaceAll('\n', '\r\n'))).toBe(false)
      expect(isHandEdited(text.replace('9092', '9093'))).toBe(true)
      expect(isHandEdited(text.slice(text.indexOf('\n') + 1))).toBe(true)
    }
  })
})

describe('the compose files of 4c8g', () => {
  const spec = specOf('4c8g')
  const { dev, prod, text } = folderOf('4c8g')
  const each = Object.values(prod.services)

  it('run everything without root, capabilities, swap or a writable root, and with bounded logs', () => {
    expect(Object.keys(prod.services)).toEqual([
      'kafka',
      'topics',
      'warm-up',
      'worker-1',
      'worker-2',
      'backend',
      'frontend',
      'provider',
    ])
    for (const service of each)
      expect(service).toMatchObject({
        init: true,
        user: '1000:1000',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
        stop_grace_period: expect.stringMatching(/^\d+s$/),
        image: expect.stringMatching(/^(apache\/kafka:4\.3\.1|radtune-pipeline:1\.2\.3)$/),
      })
    expect(each.map(({ restart }) => restart)).toEqual([
      'unless-stopped',
      'on-failure:5',
      'no',
      ...Array(5).fill('unless-stopped'),
    ])
  })

  it('give the broker the properties of the local runtime, but for where it listens', () => {
    const local = renderServerProperties(
      spec,
      { kafka: 1, controller: 2 },
      { dataDir: '/var/lib/kafka/data' },
    )
    const elsewhere = /^(listeners|advertised\.listeners|listener\.security|controller\.quorum)/
    const expected = local
      .trimEnd()
      .split('\n')
      .filter((line) => !elsewhere.test(line))
      .map((line) => line.split('=') as [string, string])
    const { environment } = prod.services.kafka as Service
    for (const [key, value] of expected)
      expect([key, environment[`KAFKA_${key.replaceAll('.', '_').toUpperCase()}`]]).toEqual([key, value])
    expect(environment).toMatchObject({
      KAFKA_HEAP_OPTS: '-Xms512m -Xmx512m',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:29092,HOST://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093',
      KAFKA_ADVERTISED_LISTENERS: expect.stringMatching(
        /HOST:\/\/127\.0\.0\.1:\$\{RADTUNE_KAFKA_PORT:-9092\}/,
      ),
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@127.0.0.1:9093',
    })
  })

  it('lets data flow only when broker, topics, warm-up and all that reads are ready', () => {
    const conditions = Object.entries(prod.services).map(([name, { depends_on = {} }]) => [
      name,
      Object.entries(depends_on).map(([other, { condition }]) => `${other} ${condition}`),
    ])
    expect(Object.fromEntries(conditions)).toMatchObject({
      topics: ['kafka service_healthy'],
      'worker-1': ['topics service_completed_successfully'],
      provider: [
        'warm-up service_completed_successfully',
        'worker-1 service_healthy',
        'worker-2 service_healthy',
        'backend service_healthy',
      ],
    })
  })

  it('mount sources and open inspectors for development only', () => {
    expect(dev.services['worker-2']).toMatchObject({
      command: expect.arrayContaining(['--inspect=0.0.0.0:9229', 'src/bin/worker.ts']),
      ports: ['127.0.0.1:9101:9100', '127.0.0.1:9230:9229'],
      volumes: [
        '../../packages/core/src:/app/packages/core/src:ro',
        '../../packages/pipeline/src:/app/packages/pipeline/src:ro',
      ],
    })
    expect(text('compose.prod.yaml')).not.toMatch(/inspect|packages\/|9229/)
    expect(prod.services['worker-2']?.command).toEqual([
      'node',
      '--max-old-space-size=128',
      '--max-semi-space-size=8',
      'dist/bin/worker.js',
    ])
  })

  it('write every number under its reason', () => {
    for (const [number, reason] of [
      ['memory: 1GiB', '# 1.0 GiB: 12.5 % of 8.0 GiB'],
      ['KAFKA_NUM_PARTITIONS: "6"', '# 6: one for each of 6 slots'],
      ['RADTUNE_PRODUCER_MAIN_LINGER: "10"', '# 10 ms: adds at most itself to the latency'],
    ] as const)
      expect(text('compose.prod.yaml')).toMatch(
        new RegExp(`${reason.replaceAll('.', '\\.')}.*\n *${number}\n`),
      )
  })

  it('name in .env.example whatever they take from the environment', () => {
    const taken = new Set(
      [...`${text('compose.yaml')}${text('compose.prod.yaml')}`.matchAll(/\$\{(\w+)/g)].map(
        ([, name]) => name,
      ),
    )
    const offered = [...(text('.env.example') ?? '').matchAll(/^(\w+)=/gm)].map(([, name]) => name)
    expect(offered.sort()).toEqual([...taken].sort())
  })

  it('take the image as given where there is nothing to build it from', () => {
    const { dev, text } = folderOf('4c8g', { sources: undefined })
    expect(text('compose.yaml')).not.toMatch(/build:|inspect|packages\//)
    expect(dev.services.topics?.image).toBe('radtune-pipeline:1.2.3')
  })
})

describe('the same stack for a runtime', () => {
  const rendering: ComposeRendering = {
    spec: specOf('2c4g'),
    version: '1.2.3',
    fileName: 'compose.yaml',
    title: 'For a test.',
    project: 'radtune-test',
    image: 'radtune-pipeline:test',
    data: { kind: 'files', paths: ['/home/a/cost $5.csv', '/mnt/b:c/x.csv'], loop: true },
    ports: {
      kafka: 19092,
      backend: 18000,
      frontend: 18080,
      stats: { 'worker-1': 19100, backend: 19101, provider: 19102, frontend: 19103 },
    },
    portsFromEnvironment: false,
  }
  const render = (more: Partial<ComposeRendering> = {}) =>
    read(renderCompose({ ...rendering, ...more })[0]?.text)

  it('has its own ports, name and image, and its data mounted read-only', () => {
    const { name, services } = render()
    expect(name).toBe('radtune-test')
    expect(services.kafka).toMatchObject({
      ports: ['127.0.0.1:19092:9092'],
      environment: { KAFKA_ADVERTISED_LISTENERS: expect.stringContaining('HOST://127.0.0.1:19092,') },
    })
    expect(services.provider).toMatchObject({
      image: 'radtune-pipeline:test',
      environment: { RADTUNE_DATA: '["/data/1/cost $$5.csv","/data/2/x.csv"]', RADTUNE_LOOP: 'true' },
      volumes: [
        {
          type: 'bind',
          source: '/home/a/cost $$5.csv',
          target: '/data/1/cost $$5.csv',
          read_only: true,
          bind: { create_host_path: false },
        },
        { source: '/mnt/b:c/x.csv', target: '/data/2/x.csv' },
      ],
      labels: { 'radtune.profile': '2c4g', 'radtune.service': 'provider', 'radtune.role': 'provider' },
    })
  })

  it('labels with another spec only the services that become others', () => {
    const before = render().services
    const after = render({ data: { kind: 'generator', seed: 3 } }).services
    const changed = Object.keys(before).filter(
      (name) => before[name]?.labels['radtune.spec'] !== after[name]?.labels['radtune.spec'],
    )
    expect(changed).toEqual(['provider'])
  })
})
