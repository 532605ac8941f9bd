import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMap, parseDocument } from 'yaml'
import { type ComposeProject, readCompose } from '../compose-file/index.ts'
import { ENVIRONMENT } from '../contract/index.ts'
import { profileFromName, shippedProfileNames } from '../profile/index.ts'
import { type ComposeEnvironment, PIPELINE_IMAGE, renderComposeFolder } from '../render/index.ts'
import {
  type SettingDefinition,
  type SettingKey,
  settingEnvironmentName,
  settings,
  writeSettingValue,
} from '../settings/index.ts'
import { planStack, type StackSpec } from '../stack/index.ts'
import { GIB, MIB } from '../units/index.ts'
import { type ComparedSource, compareFields } from './compare-fields.ts'
import { type CompareOptions, compareStack, failingStates } from './compare-stack.ts'
import { composeFields } from './compose-fields.ts'
import type { DriftItem } from './drift.ts'
import { findNoEffect } from './no-effect.ts'

const FILE = 'compose.yaml'

function planOf(name: string): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  const planned = planStack(named.profile, { pins: [] })
  if (!planned.ok) throw planned.error
  return planned.spec
}

function rendered(spec: StackSpec, environment: ComposeEnvironment): string {
  const [artifact] = renderComposeFolder({
    spec,
    version: '0.0.0',
    sources: '../..',
    environments: [environment],
  })
  return artifact?.text ?? ''
}

async function read(text: string, others: Record<string, string> = {}): Promise<ComposeProject> {
  const result = await readCompose({
    files: [FILE],
    environment: {},
    load: async (path) => (path === FILE ? text : others[path]),
  })
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
  return result.project
}

async function sourceOf(
  wanted: string,
  found: string,
  others?: Record<string, string>,
): Promise<ComparedSource> {
  const project = await read(found, others)
  return {
    kind: 'files',
    name: FILE,
    wanted: composeFields(await read(wanted)),
    found: { state: 'read', fields: composeFields(project) },
    noEffect: findNoEffect(project, { machine: spec.machine, ownImage: PIPELINE_IMAGE }),
  }
}

async function differences(
  wanted: string,
  found: string,
  others?: Record<string, string>,
): Promise<DriftItem[]> {
  return compareFields(await sourceOf(wanted, found, others)).filter(({ state }) => state !== 'in sync')
}

const spec = planOf('4c8g')
const production = rendered(spec, 'prod')
const root = parseDocument(production)

/** The file with one piece of text replaced. */
function edited(from: string | RegExp, to: string, text = production): string {
  const after = text.replace(from, to)
  if (after === text) throw new Error(`nothing matches ${from}`)
  return after
}

async function change(from: string | RegExp, to: string) {
  const items = await differences(production, edited(from, to))
  return items.map(({ state, path, wanted, found }) => `${state} ${path}: ${wanted ?? '-'} → ${found ?? '-'}`)
}

describe('a freshly generated stack', () => {
  const environments = ['dev', 'prod'] as const
  it.each(
    shippedProfileNames.flatMap((name) => environments.map((environment) => [name, environment] as const)),
  )('%s %s has no drift', async (name, environment) => {
    const text = rendered(planOf(name), environment)
    expect(await differences(text, text)).toEqual([])
  })

  it('of any machine has none', async () => {
    const machines = fc.tuple(fc.integer({ min: 2, max: 32 }), fc.integer({ min: 4, max: 64 }))
    await fc.assert(
      fc.asyncProperty(machines, async ([cpus, gib]) => {
        const named = profileFromName(`${cpus}c${gib}g`)
        const planned = named.ok ? planStack(named.profile, { pins: [] }) : undefined
        fc.pre(planned?.ok === true)
        const text = planned?.ok ? rendered(planned.spec, 'prod') : ''
        expect(await differences(text, text)).toEqual([])
      }),
      { numRuns: 15 },
    )
  })
})

/** Where the value of a setting stands in the generated file, and how it is put there; undefined where the file does not say it. */
function placeOf(
  key: SettingKey,
): { path: string[]; write: (value: string | number, before: string) => unknown } | undefined {
  const resource = /^(kafka|worker|backend|provider|frontend)\.(memory|cpus|heap)$/.exec(key)
  if (resource) {
    const [, role = '', field = ''] = resource
    const service = role === 'worker' ? 'worker-1' : role
    const limits = ['services', service, 'deploy', 'resources', 'limits']
    const heap = (value: number) => Math.floor(value / MIB)
    if (field === 'memory') return { path: [...limits, 'memory'], write: (value) => `${value}` }
    if (field === 'cpus') return { path: [...limits, 'cpus'], write: (value) => String(value) }
    if (role === 'kafka')
      return {
        path: ['services', 'kafka', 'environment', 'KAFKA_HEAP_OPTS'],
        write: (value, before) => before.replace(/-Xmx\d+m/, `-Xmx${heap(Number(value))}m`),
      }
    if (role === 'worker')
      return { path: ['services', service, 'environment', ENVIRONMENT.slotHeapBytes], write: String }
    return {
      path: ['services', service, 'command', '1'],
      write: (value) => `--max-old-space-size=${heap(Number(value))}`,
    }
  }
  const name = settingEnvironmentName(key)
  const services = root.get('services')
  const folders = [
    ['x-worker-settings'],
    ...(isMap(services) ? services.items : []).map((pair) => ['services', String(pair.key), 'environment']),
  ]
  const folder = folders.find((path) => root.hasIn([...path, name]))
  if (folder) return { path: [...folder, name], write: String }
  if (!production.includes(`"${key}":`)) return undefined
  return {
    path: ['services', 'topics', 'environment', ENVIRONMENT.settings],
    write: (value, before) => JSON.stringify({ ...JSON.parse(before), [key]: value }),
  }
}

function otherValue(key: SettingKey): fc.Arbitrary<string | number> {
  const definition: SettingDefinition = settings[key]
  const now = spec.settings[key].value
  switch (definition.unit) {
    case 'choice':
      return fc.constantFrom(...definition.choices).filter((value) => value !== now)
    case 'instant':
      return fc
        .date({ min: new Date('2000-01-01'), max: new Date('2026-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString())
        .filter((value) => value !== now)
    default: {
      const { min, max, whole, unit } = definition
      const step = unit === 'bytes' && key.endsWith('.heap') ? MIB : 1
      const top = Math.min(max, 64 * GIB)
      const numbers = whole
        ? fc.integer({ min: Math.ceil(min / step), max: Math.floor(top / step) }).map((value) => value * step)
        : fc.integer({ min: Math.ceil(min * 1000), max: Math.floor(top * 1000) }).map((value) => value / 1000)
      return numbers.filter(
        (value) => value !== now && (!key.endsWith('.heap') || (value !== 512 * MIB && value !== 384 * MIB)),
      )
    }
  }
}

describe('any single changed field', () => {
  const keys = (Object.keys(settings) as SettingKey[]).filter((key) => placeOf(key) !== undefined)

  it('can be written for most of the table', () => {
    const without = (Object.keys(settings) as SettingKey[]).filter((key) => !keys.includes(key))
    expect(without).toEqual(expect.arrayContaining(['worker.count', 'topics.retention']))
    expect(keys.length).toBeGreaterThan(60)
  })

  it('of the settings table is found, and is the only one found', async () => {
    const changes = fc.constantFrom(...keys).chain((key) => otherValue(key).map((value) => ({ key, value })))
    await fc.assert(
      fc.asyncProperty(changes, async ({ key, value }) => {
        const place = placeOf(key)
        const document = parseDocument(production)
        const path = place?.path ?? []
        const before = String(document.getIn(path))
        const after = place?.write(value, before)
        fc.pre(String(after) !== before)
        document.setIn(path, after)
        const found = await differences(production, document.toString({ lineWidth: 0 }))
        expect(found.map(({ state }) => state)).toEqual(['changed'])
        const accepted = found[0]?.accept
        if (key !== 'worker.heap' && accepted)
          expect(accepted).toEqual({
            name: key.replace(/^worker(?=\.(memory|cpus))/, 'worker-1'),
            value: writeSettingValue(key, value as never),
          })
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it('is found with its place, its unit and what would be accepted', async () => {
    const [item] = await differences(production, edited('-Xmx512m', '-Xmx768m'))
    expect(item).toMatchObject({
      path: 'kafka.heap',
      state: 'changed',
      class: 'heap',
      wanted: '512 MiB',
      found: '768 MiB',
      accept: { name: 'kafka.heap', value: '768MiB' },
    })
    const lines = production.split('\n')
    expect(lines[(item?.at?.line ?? 0) - 1]).toContain('KAFKA_HEAP_OPTS')
  })

  it('that several services take from one anchor is one', async () => {
    const [item, ...others] = await differences(
      production,
      edited('restart: unless-stopped', 'restart: always'),
    )
    expect(others).toEqual([])
    expect(item).toMatchObject({
      path: 'kafka.restart',
      also: expect.arrayContaining(['worker-1.restart', 'backend.restart']),
    })
  })

  it('of a topic is that of the topic', async () => {
    expect(await change('"normal-data","partitions":6', '"normal-data","partitions":4')).toEqual([
      'changed topics.normal-data.partitions: 6 → 4',
    ])
  })
})

describe('equivalent spellings', () => {
  it.each([
    ['memory: 1GiB', 'memory: 1024m'],
    ['memory: 1GiB', 'memory: "1073741824"'],
    ['memory: 1GiB', 'memory: 1g'],
    ['memswap_limit: 1GiB', 'memswap_limit: 1048576k'],
    ['cpus: "0.5"', 'cpus: 0.50'],
    ['-Xms512m -Xmx512m', '-Xmx536870912  -Xms524288k'],
    ['cap_drop: [ALL]', 'cap_drop: ["ALL"]'],
    ['init: true', 'init: True'],
    ['stop_grace_period: 30s', 'stop_grace_period: 0m30s'],
    ['start_period: 90s', 'start_period: 1m30s'],
    ['retries: 3', 'retries: "3"'],
    ['retries: 3\n', '\n'],
    ['KAFKA_NODE_ID: "1"', 'KAFKA_NODE_ID: 1'],
    ['KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false"', 'KAFKA_AUTO_CREATE_TOPICS_ENABLE: False'],
    ['broker,controller', 'controller, broker'],
    ['RADTUNE_PIPELINE_COMMIT_INTERVAL: "500"', 'RADTUNE_PIPELINE_COMMIT_INTERVAL: 0.5s'],
    ['RADTUNE_PIPELINE_COMMIT_INTERVAL: "500"\n', '\n'],
    ['127.0.0.1:9100:9100', '{target: 9100, published: "9100", host_ip: 127.0.0.1, mode: host}'],
    [
      'volumes: [kafka-data:/var/lib/kafka/data]',
      'volumes: [{type: volume, source: kafka-data, target: /var/lib/kafka/data}]',
    ],
    ['networks: [pipeline, page]', 'networks: {page: , pipeline: }'],
    ['test: [CMD, bash, /app/healthy, "9100"]', 'test: [CMD, bash, /app/healthy, 9100]'],
  ])('%s and %s are the same', async (from, to) => {
    expect(await change(from, to)).toEqual([])
  })

  it('a range of ports and its ports one by one are the same', async () => {
    const ports = (text: string) => `services: {a: {image: x, ports: [${text}]}}`
    const same = await differences(
      ports('"9000-9002:8000-8002/udp"'),
      ports('"9002:8002/udp", "9000:8000/udp", "9001:8001/udp"'),
    )
    expect(same).toEqual([])
    expect(await differences(ports('"9000-9002:80"'), ports('"9000-9003:80"'))).toHaveLength(1)
  })

  it('labels, environment and build in their other forms are the same', async () => {
    const one =
      'services: {a: {image: x, environment: {A: "1", B: two}, labels: {l: "m"}, build: {context: x}, tmpfs: /t, command: [a, b c]}}'
    const other =
      'services: {a: {image: x, environment: [B=two, A=1], labels: [l=m], build: x, tmpfs: [/t], command: a "b c"}}'
    expect(await differences(one, other)).toEqual([])
  })
})

describe('states', () => {
  it.each([
    [
      'image: apache/kafka:4.3.1',
      'image: apache/kafka:4.2.0',
      'changed kafka.image: apache/kafka:4.3.1 → apache/kafka:4.2.0',
    ],
    [/ {4}memswap_limit: 1GiB\n/, '', 'missing kafka.memorySwap: 1 GiB → -'],
    ['cpu_shares: 307', 'cpu_shares: 307\n    privileged: true', 'unexpected kafka.privileged: - → true'],
    [/\n {2}worker-2:\n[\s\S]*?(?=\n {2}backend:)/, '\n', 'missing worker-2: there → -'],
    [
      '\nnetworks:\n',
      '\n  extra:\n    image: x\n    command: y\n\nnetworks:\n',
      'unexpected extra: - → there',
    ],
  ])('%s → %s', async (from, to, item) => {
    expect(await change(from, to)).toEqual([item])
  })

  it.each([
    [
      'KAFKA_NUM_IO_THREADS: "4"',
      'KAFKA_NUM_IO_THREADS: "4"\n      KAFKA_NUM_IO_THREADZ: "8"',
      'kafka.num.io.threadz',
      /Kafka does not know; did you mean num.io.threads/,
    ],
    [
      'KAFKA_NUM_IO_THREADS: "4"',
      'KAFKA_NUM_IO_THREADS: "4"\n      KAFKA_LOG_RETENTION_HOURS: "1"',
      'kafka.log.retention.hours',
      /log.retention.ms is set too/,
    ],
    [
      'RADTUNE_SERVICE: backend',
      'RADTUNE_SERVICE: backend\n      RADTUNE_SERVISE: x',
      'backend.environment.RADTUNE_SERVISE',
      /nothing reads .* did you mean RADTUNE_SERVICE/,
    ],
    [
      'RADTUNE_SERVICE: backend',
      'RADTUNE_SERVICE: backend\n      RADTUNE_PRODUCER_MAIN_LINGER: "5"',
      'backend.environment.RADTUNE_PRODUCER_MAIN_LINGER',
      /backend does not read/,
    ],
    [
      '-Xms512m -Xmx512m',
      '-Xms512m -Xmx256m -Xmx512m',
      'kafka.environment.KAFKA_HEAP_OPTS -Xmx',
      /-Xmx512m comes later/,
    ],
    [
      /test: \[CMD, bash, -c[^\n]*/,
      'test: [CMD-SHELL, "nc -z localhost 9092 || true"]',
      'kafka.healthcheck.test',
      /ends with success/,
    ],
    [
      'cpu_shares: 307',
      'cpu_shares: 307\n    env_file: kafka.env',
      'kafka.environment.KAFKA_NODE_ID',
      /environment gives KAFKA_NODE_ID another value/,
    ],
  ])('%s → %s has no effect', async (from, to, path, why) => {
    const items = await differences(production, edited(from, to), { 'kafka.env': 'KAFKA_NODE_ID=7\n' })
    expect(items).toMatchObject([{ state: 'no effect', path }])
    expect(items[0]?.why).toMatch(why)
    expect(items[0]?.at?.line).toBeGreaterThan(0)
  })

  it('of a source that was not read are unchecked, each with the why', () => {
    const fields = [{ path: 'a.b', class: 'limit', canonical: '1', text: '1' } as const]
    const items = compareFields({
      kind: 'kafka',
      name: 'Kafka',
      wanted: fields,
      found: { state: 'unchecked', why: 'it is down' },
      noEffect: [],
    })
    expect(items).toMatchObject([{ state: 'unchecked', why: 'it is down', found: undefined }])
  })

  it('measured values may differ by their tolerance', () => {
    const of = (canonical: string, tolerance?: number) =>
      ({
        path: 'a.heap',
        class: 'heap',
        canonical,
        text: canonical,
        ...(tolerance === undefined ? {} : { tolerance }),
      }) as const
    const stateOf = (found: string) =>
      compareFields({
        kind: 'services',
        name: 'x',
        wanted: [of('100', 0.05)],
        found: { state: 'read', fields: [of(found)] },
        noEffect: [],
      })[0]?.state
    expect([stateOf('104'), stateOf('96'), stateOf('106')]).toEqual(['in sync', 'in sync', 'changed'])
  })
})

describe('the verdict', () => {
  const now = Date.UTC(2026, 10, 29)
  const options: CompareOptions = {
    profile: '4c8g',
    rules: [],
    now,
    only: [],
    failOn: failingStates,
    strict: false,
  }
  const unread: ComparedSource = {
    kind: 'kafka',
    name: 'Kafka',
    wanted: [{ path: 'broker.x', class: 'broker', canonical: '1', text: '1' }],
    found: { state: 'unchecked', why: 'it did not answer in 5 s' },
    noEffect: [],
  }
  const inSync = () => sourceOf(production, production)
  const drifted = () => sourceOf(production, edited('-Xmx512m', '-Xmx768m'))
  const rule = {
    path: 'kafka.*',
    reason: 'a trial',
    owner: 'ops',
    until: '2026-12-01',
    at: { file: 'radtune.yaml', line: 3, column: 7 },
  }

  it.each([
    ['all in sync', async () => [await inSync()], {}, 0],
    ['a difference', async () => [await drifted()], {}, 3],
    ['a difference, and something unchecked', async () => [await drifted(), unread], { strict: true }, 3],
    ['something unchecked', async () => [await inSync(), unread], {}, 0],
    ['something unchecked, strictly', async () => [await inSync(), unread], { strict: true }, 4],
    ['nothing could be checked', async () => [unread], {}, 4],
    ['a difference that does not fail', async () => [await drifted()], { failOn: [] }, 0],
    ['a difference elsewhere', async () => [await drifted()], { only: ['worker-*'] }, 0],
    ['a difference of that class', async () => [await drifted()], { only: ['heap'] }, 3],
    ['a difference that a rule ignores', async () => [await drifted()], { rules: [rule] }, 0],
    ['an expired rule', async () => [await inSync()], { rules: [{ ...rule, until: '2026-11-28' }] }, 3],
    [
      'a rule on its last day',
      async () => [await drifted()],
      { rules: [{ ...rule, until: '2026-11-29' }] },
      0,
    ],
    ['a rule that nothing needs', async () => [await inSync()], { rules: [rule] }, 0],
  ] as const)('%s', async (_, sources, given, exitCode) => {
    const drift = compareStack(await sources(), { ...options, ...given })
    expect(drift.exitCode).toBe(exitCode)
    expect(drift.verdict).toBe({ 0: 'in sync', 3: 'drift', 4: 'not checked' }[exitCode])
  })

  it('names a rule that nothing needs, but not while something is unchecked', async () => {
    const noted = async (sources: ComparedSource[]) =>
      compareStack(sources, { ...options, rules: [rule] }).notes
    expect(await noted([await inSync()])).toMatchObject(
      [{ at: rule.at, text: /nothing needs the rule for kafka/ }].map(() => ({ at: rule.at })),
    )
    expect(await noted([await inSync(), unread])).toEqual([])
  })
})
