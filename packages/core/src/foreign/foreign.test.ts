import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readCompose } from '../compose-file/index.ts'
import { GIB, MIB } from '../units/index.ts'
import { cannotFail } from './health-check-findings.ts'
import { findForeign, foreignLedger, guessMachine, profileOfForeign } from './index.ts'

const folder = join(import.meta.dirname, '../../test/compose')

async function understood(files: readonly string[], texts: Record<string, string> = {}) {
  const result = await readCompose({
    files: files.map((file) => (texts[file] === undefined ? join(folder, file) : file)),
    environment: {},
    load: async (path) => texts[path] ?? (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  })
  if (!result.ok) return { problems: result.problems }
  const { project } = result
  const ledger = foreignLedger(project)
  const machine = guessMachine(ledger)
  return {
    project,
    ledger,
    machine,
    findings: findForeign(project, { ledger, machine }),
    profile: profileOfForeign(project, { ledger }),
  }
}

async function findingsOf(file: string) {
  const { findings = [] } = await understood([file])
  return findings.map(({ id, service, at }) => `${id} ${service ?? ''} ${at.line}`)
}

describe('the reference system as it is documented', async () => {
  const { ledger, findings, profile, machine } = await understood(['reference/docker-compose.yaml'])

  it('is recognised service by service', () => {
    expect(ledger?.rows.map(({ service, role }) => `${service} ${role}`)).toEqual([
      'kafka broker',
      'jobmanager jobmanager',
      'taskmanager-1 taskmanager',
      'taskmanager-2 taskmanager',
      'backend backend',
      'data-provider provider',
      'frontend frontend',
    ])
  })

  it('has the true sums of its columns', () => {
    expect(ledger?.totals.cpus).toBe(5.2)
    expect(ledger?.totals.memoryBytes).toBeCloseTo(7.6 * GIB, -1)
    expect(ledger?.totals.reservedCpus).toBe(3.2)
    expect(machine).toEqual({ cpus: 4, memoryBytes: 8 * GIB })
  })

  it('does not start, and is told why, line by line', () => {
    const problems = findings?.filter(({ severity }) => severity === 'problem') ?? []
    expect(problems.map(({ id, service }) => `${id} ${service}`)).toEqual([
      'default-heap-over-limit kafka',
      'health-check-cannot-fail kafka',
      'flink-memory-refused jobmanager',
      'flink-memory-refused taskmanager-1',
      'flink-memory-refused taskmanager-2',
    ])
    expect(problems[2]?.why).toContain('128m are left for the overhead of the JVM')
    expect(problems[3]?.why).toContain('the process of 2048m is less than')
    expect(findings?.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['memory-oversubscribed', 'cpu-oversubscribed', 'build-variable-at-run-time']),
    )
  })

  it('becomes 4c8g, of which nothing has to be pinned', () => {
    expect(profile).toMatchObject({ machine: { cpus: 4, memoryBytes: 8 * GIB }, pins: [], leftOut: [] })
    expect(profile?.asDerived).toContain('worker.memory = 2 GiB')
  })
})

describe('findings', () => {
  it.each([
    ['flink-session/compose.yaml', 'flink-process-over-limit taskmanager'],
    ['flink-session/compose.yaml', 'flink-key-removed jobmanager'],
    ['version-2/docker-compose.yml', 'heap-over-limit broker'],
    ['profiles/compose.yaml', 'heap-over-limit provider'],
    ['node-services/compose.yaml', 'health-check-cannot-fail redpanda'],
    ['node-services/compose.yaml', 'memory-limit-missing redpanda'],
    ['long-forms/compose.yaml', 'health-check-missing cache'],
    ['swarm/stack.yml', 'swarm-only kafka'],
    ['env-files/compose.yaml', 'variable-unread'],
    ['extends/compose.yaml', 'swap-allowed api'],
  ])('%s has %s', async (file, finding) => {
    expect((await findingsOf(file)).join('\n')).toContain(finding)
  })

  it.each([
    [['CMD', 'true'], true],
    [['CMD-SHELL', 'curl -f localhost || true'], true],
    [['CMD-SHELL', 'curl -f localhost ; exit 0'], true],
    [['CMD', 'sh', '-c', 'nc -z kafka 9092 || echo down'], true],
    [['CMD-SHELL', 'curl -f localhost || exit 1'], false],
    [['CMD', 'true-love', '--check'], false],
    [['CMD-SHELL', 'test "$(true)" = ok'], false],
  ])('%j cannot fail: %s', (test, expected) => {
    expect(cannotFail(test)).toBe(expected)
  })
})

it('does not call a variable unread that a service gets with the whole of .env', async () => {
  const compose = (more: string) => `services: {a: {image: "x:\${TAG}"${more}}}`
  const unread = async (more: string) => {
    const texts = { 'compose.yaml': compose(more), '.env': 'TAG=1\nOTHER=2\n' }
    return (await understood(['compose.yaml'], texts)).project?.unusedVariables.map(({ value }) => value)
  }
  expect(await unread('')).toEqual(['OTHER'])
  expect(await unread(', env_file: .env')).toEqual([])
})

it('leaves out a pin that no plan can hold with, and says so', async () => {
  const compose =
    'services: {kafka: {image: apache/kafka, mem_limit: 200m, environment: {KAFKA_HEAP_OPTS: -Xmx1g}}}'
  const { profile } = await understood(['compose.yaml'], { 'compose.yaml': compose })
  expect(profile?.leftOut.map(({ pin }) => pin)).toContain('kafka.memory = 200 MiB')
  expect(profile?.machine.memoryBytes).toBe(4 * GIB)
})

describe('whatever it is given', () => {
  const words =
    `services kafka image apache/kafka:4 deploy resources limits memory cpus mem_limit environment ports volumes
    depends_on command healthcheck test extends file service env_file include build replicas FLINK_PROPERTIES jobmanager
    flink \${A:-b} \${A:?} $ 1g 0.5 -1 {} [] <<: *a &a !reset null - : x-a compose.yaml`.split(/\s+/)
  const scalar = fc.oneof(
    fc.constantFrom(...words),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, scalar, tie('map'), tie('list')),
    map: fc.dictionary(fc.constantFrom(...words), tie('tree'), { maxKeys: 5 }),
    list: fc.array(tie('tree'), { maxLength: 4 }),
  }))
  const likely = fc.record({
    services: fc.dictionary(
      fc.constantFrom('kafka', 'jobmanager', 'backend', 'worker'),
      fc.dictionary(
        fc.constantFrom(
          ...'image command environment ports volumes depends_on deploy mem_limit cpus healthcheck extends env_file profiles scale'.split(
            ' ',
          ),
        ),
        tree,
      ),
    ),
  })

  it('answers for every YAML', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(tree, likely), fc.nat(), async (value, cut) => {
        const text = stringify(value)
        for (const written of [text, text.slice(0, cut % (text.length + 1))]) {
          const { problems, findings, profile } = await understood(['compose.yaml'], {
            'compose.yaml': written,
          })
          expect(problems ?? [findings, profile]).toBeDefined()
        }
      }),
      { numRuns: 100 },
    )
  })

  it.each(
    [
      ['', 'a map with the key services'],
      ['services: {}', 'it has no services'],
      ['services: {a: {extends: a}}', 'extends itself'],
      ['services: {a: {extends: {service: b}}}', 'has no service b'],
      [`services: {a: {image: "\${X:?set X}"}}`, 'X is not set: set X'],
      ['services: [a', 'end with a ]'],
      ['include: [compose.yaml]\nservices: {a: {image: b}}', 'includes itself'],
      ['services: {a: 3}', 'is a map of keys'],
      ['a: &a [*a, *a]', 'nested too deeply'],
      [
        `a: &a [1,2,3,4,5,6,7,8,9]\n${[...'bcdefgh'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join()}]`).join('\n')}`,
        'beyond reason',
      ],
    ].map(([text = '', says = '']) => ({ text, says })),
  )('is refused: $says', async ({ text, says }) => {
    const { problems } = await understood(['compose.yaml'], { 'compose.yaml': text })
    expect(problems?.map(({ message }) => message).join()).toContain(says)
    expect(problems?.[0]?.at).toMatchObject({ file: 'compose.yaml', line: expect.any(Number) })
  })

  it('says what it does not understand and goes on', async () => {
    const text =
      'services:\n  kafka:\n    imgae: x\n    mem_limit: lots\n    ports: [a:b]\n  web: {depends_on: [nobody]}\nfoo: 1\n'
    const { project, ledger } = await understood(['compose.yaml'], { 'compose.yaml': text })
    expect(project?.notes.map(({ at, message }) => `${at.line} ${message}`)).toEqual([
      '7 "foo" is no key of a compose file',
      '3 "imgae" is no key of a service; did you mean image?',
      '5 this entry of ports is not understood',
      expect.stringContaining('4 "lots" is not an amount of memory'),
      '6 web depends on nobody, and there is no such service',
    ])
    expect(ledger?.rows).toHaveLength(2)
    expect(ledger?.rows[0]?.heap?.bytes).toBe(1024 * MIB)
  })
})
