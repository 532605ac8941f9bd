import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shippedProfileNames } from '@radtune/core/profile'
import ajv from 'ajv'
import { describe, expect, test } from 'vitest'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { emptyFolder, runCommand } from './run-command.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

/** A project with generated files, some of them edited afterwards. */
async function project({
  edits = [],
  files = {},
}: {
  edits?: readonly [from: string | RegExp, to: string][]
  files?: Record<string, string>
} = {}): Promise<string> {
  const folder = emptyFolder()
  await runCommand(['generate', '--env', 'prod'], { workingDir: folder })
  const path = join(folder, 'compose', '4c8g', 'compose.prod.yaml')
  let text = readFileSync(path, 'utf8')
  for (const [from, to] of edits) {
    expect(text).toMatch(from)
    text = text.replace(from, to)
  }
  writeFileSync(path, text)
  // Both environments are looked for.
  await runCommand(['generate', '--env', 'dev'], { workingDir: folder })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const drift = (workingDir: string, argv: readonly string[] = ['--offline']) =>
  runCommand(['drift', ...argv], { workingDir })

async function driftJson(workingDir: string, argv: readonly string[] = ['--offline']) {
  const run = await drift(workingDir, [...argv, '--json'])
  const document = answerSchemas['radtune.drift/1'].parse(JSON.parse(run.stdout))
  expect(document.exitCode).toBe(run.exitCode)
  return document
}

const HEAP: [string, string] = ['-Xmx512m', '-Xmx768m']
const IDLE: [string, string] = [
  'KAFKA_NUM_IO_THREADS: "4"',
  'KAFKA_NUM_IO_THREADS: "4"\n      KAFKA_FOO: "8"',
]

describe('radtune drift --offline', () => {
  test.each(shippedProfileNames)('compose/%s in this repository is in sync', async (profile) => {
    const run = await drift(repository, ['--offline', '--strict', '--profile', profile])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toMatch(/\nin sync: 0 differences, \d+ in sync\.\n$/)
  })

  test('names a changed field with its place, both values and what to do', async () => {
    const run = await drift(await project({ edits: [HEAP] }))
    expect(run.exitCode).toBe(3)
    expect(run.stdout).toMatch(
      /~ kafka\.heap\s+512 MiB → 768 MiB\s+compose\/4c8g\/compose\.prod\.yaml:\d+:\d+\n/,
    )
    expect(run.stdout).toMatch(/\n1 difference, \d+ in sync\. {4}exit 3\n/)
    expect(run.stdout).toContain('radtune drift --accept')
  })

  test('says what could not be read, and never that all is in sync then', async () => {
    const folder = await project()
    rmSync(join(folder, 'compose/4c8g/compose.yaml'))
    const run = await drift(folder)
    expect(run.exitCode).toBe(0)
    expect(run.stdout).toContain(
      '? compose/4c8g/compose.yaml was not checked: it does not exist; radtune generate writes it',
    )
    expect(run.stdout).toMatch(
      /in sync as far as it could be checked: 0 differences, \d+ in sync, \d+ not checked\./,
    )
    expect((await drift(folder, ['--offline', '--strict'])).exitCode).toBe(4)
    rmSync(join(folder, 'compose'), { recursive: true })
    expect((await drift(folder)).exitCode).toBe(4)
  })

  test('a file that cannot be read as compose is a difference where it breaks', async () => {
    const document = await driftJson(await project({ edits: [['services:\n', 'services: [\n']] }))
    expect(document.exitCode).toBe(3)
    expect(document.data?.items[0]).toMatchObject({
      state: 'changed',
      path: 'compose/4c8g/compose.prod.yaml',
      found: 'cannot be read',
    })
    expect(document.data?.items[0]?.at?.line).toBeGreaterThan(1)
  })

  test('ignore rules hold until their day, and name who and why', async () => {
    const rules = (until: string) =>
      `profile: 4c8g\ndrift:\n  ignore:\n    - {path: kafka.heap, reason: a trial, owner: ops, until: ${until}}\n`
    const folder = await project({ edits: [HEAP], files: { 'radtune.yaml': rules('2026-01-02') } })
    const run = await drift(folder)
    expect(run.exitCode).toBe(0)
    expect(run.stdout.replaceAll(/\s+/g, ' ')).toMatch(/· kafka\.heap .*a trial \(ops, until 2026-01-02\)/)
    writeFileSync(join(folder, 'radtune.yaml'), rules('2026-01-01'))
    const expired = await driftJson(folder)
    expect(expired.data?.items.filter(({ state }) => state !== 'in sync').map(({ path }) => path)).toEqual([
      'kafka.heap',
      'drift.ignore kafka.heap',
    ])
    writeFileSync(join(folder, 'radtune.yaml'), rules('tomorrow'))
    const refused = await drift(folder)
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('radtune.yaml:4:62: until: "tomorrow" is not a day such as 2026-12-31')
    // Every other command goes by the rest of the file.
    expect((await runCommand(['plan'], { workingDir: folder })).exitCode).toBe(0)
  })

  test('--only, --fail-on and --strict decide what counts', async () => {
    const folder = await project({ edits: [HEAP, IDLE] })
    const exitOf = async (...argv: string[]) => (await drift(folder, ['--offline', ...argv])).exitCode
    expect(await exitOf('--only', 'worker-*')).toBe(0)
    expect(await exitOf('--only', 'heap')).toBe(3)
    expect(await exitOf('--only', 'files')).toBe(3)
    expect(await exitOf('--fail-on', 'missing')).toBe(0)
    expect(await exitOf('--fail-on', 'no-effect')).toBe(3)
    expect(await exitOf('--fail-on', 'none')).toBe(0)
    expect(await exitOf('--fail-on', 'all')).toBe(2)
  })
})

describe('reporters', () => {
  const cases = [
    ['in sync', {}, 0, []],
    ['drift', { edits: [HEAP, IDLE] }, 3, []],
    ['not checked', {}, 4, ['--strict']],
  ] as const

  test.each(cases)('all say %s, and so does the exit code', async (verdict, given, exitCode, flags) => {
    const folder = await project(given as Parameters<typeof project>[0])
    if (exitCode === 4) rmSync(join(folder, 'compose/4c8g/compose.yaml'))
    const run = await drift(folder, [
      '--offline',
      ...flags,
      ...['--reporter', 'text', '--reporter', 'json:out/drift.json', '--reporter', 'sarif:drift.sarif'],
      ...['--reporter', 'junit:drift.xml', '--reporter', 'github', '--reporter', 'markdown:drift.md'],
    ])
    expect(run).toMatchObject({ exitCode, stderr: '' })
    const file = (name: string) => readFileSync(join(folder, name), 'utf8')
    const json = answerSchemas['radtune.drift/1'].parse(JSON.parse(file('out/drift.json')))
    expect(json).toMatchObject({ exitCode, data: { verdict } })
    const failing = json.data?.items.filter(({ state }) =>
      exitCode === 3 ? ['changed', 'no effect'].includes(state) : exitCode === 4 && state === 'unchecked',
    ).length
    const sarif = JSON.parse(file('drift.sarif')).runs[0]
    expect(sarif).toMatchObject({ invocations: [{ exitCode }], properties: { verdict } })
    expect(sarif.results).toHaveLength(failing ?? -1)
    const counts = /<testsuites[^>]* failures="(\d+)" errors="(\d+)"/.exec(file('drift.xml'))
    expect(Number(counts?.[1]) + Number(counts?.[2])).toBe(failing)
    expect(run.stdout).toContain(`title=radtune drift%3A ${verdict}::`)
    expect(run.stdout.match(/^::error /gm) ?? []).toHaveLength(exitCode === 0 ? 0 : (failing ?? 0) + 1)
    expect(file('drift.md')).toContain(`### radtune drift: ${verdict}\n`)
  })

  test('SARIF is valid by its schema, with the place of each result', async () => {
    const folder = await project({
      edits: [HEAP, IDLE],
      files: {
        'radtune.yaml': 'drift: {ignore: [{path: kafka.foo, reason: "<x>", owner: me, until: 2027-01-01}]}\n',
      },
    })
    rmSync(join(folder, 'compose/4c8g/compose.yaml'))
    const run = await drift(folder, ['--offline', '--reporter', 'sarif'])
    const log = JSON.parse(run.stdout)
    const {
      $schema: _,
      id: __,
      ...schema
    } = JSON.parse(readFileSync(join(import.meta.dirname, 'schemas', 'sarif-2.1.0.json'), 'utf8'))
    const validate = new ajv.Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
      schema,
    )
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true)
    const heap = log.runs[0].results.find(({ ruleId }: { ruleId: string }) => ruleId === 'drift/heap')
    expect(heap).toMatchObject({
      level: 'error',
      message: { text: 'kafka.heap: 512 MiB → 768 MiB (compose/4c8g/compose.prod.yaml)' },
      locations: [{ physicalLocation: { artifactLocation: { uri: 'compose/4c8g/compose.prod.yaml' } } }],
    })
    expect(log.runs[0].tool.driver.rules[heap.ruleIndex].id).toBe('drift/heap')
    expect(log.runs[0].results).toContainEqual(
      expect.objectContaining({
        suppressions: [expect.objectContaining({ justification: '<x> (me, until 2027-01-01)' })],
      }),
    )
  })

  test('junit, github and markdown hold what would break them', async () => {
    const folder = await project({
      edits: [['KAFKA_LOG4J_ROOT_LOGLEVEL: WARN', 'KAFKA_LOG4J_ROOT_LOGLEVEL: "<&\\"%,:|\\u0007\\n]]>"']],
    })
    const run = await drift(folder, [
      '--offline',
      '--reporter',
      'junit:a.xml',
      '--reporter',
      'github',
      '--reporter',
      'markdown:a.md',
    ])
    const xml = readFileSync(join(folder, 'a.xml'), 'utf8')
    expect(xml).toContain('&lt;&amp;&quot;%,:| ]]&gt;')
    expect(xml).not.toContain('\u0007')
    expect(run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('::'))).toEqual([])
    expect(run.stdout).toContain('%25,:|')
    const rows = readFileSync(join(folder, 'a.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| changed'))
    expect(rows).toHaveLength(1)
    expect(rows[0]?.replaceAll('\\|', '').match(/\|/g)).toHaveLength(6)
  })

  test.each([
    ['--reporter', 'html'],
    ['--json', '--reporter', 'github'],
  ])('%s %s is refused', async (...argv) => {
    const run = await drift(await project(), ['--offline', ...argv.filter((word) => word !== undefined)])
    expect(run.exitCode).toBe(2)
  })

  test('a file that cannot be written is an error', async () => {
    const folder = await project({ files: { taken: '' } })
    const run = await drift(folder, ['--offline', '--reporter', 'junit:taken/drift.xml'])
    expect(run.exitCode).toBe(1)
    expect(run.stderr).toContain('RT-DRIFT-001')
    expect(existsSync(join(folder, 'taken/drift.xml'))).toBe(false)
  })
})

describe('radtune drift --compose', () => {
  const corpus = join(repository, 'packages/core/test/compose')

  test('compares what it knows by the names of the file, and names what it does not', async () => {
    const run = await drift(join(corpus, 'reference'), [
      '--compose',
      'docker-compose.yaml',
      '--profile',
      '4c8g',
    ])
    expect(run.exitCode).toBe(3)
    expect(run.stdout).toMatch(/! kafka\.healthcheck\.test\s[^~!]*docker-compose\.yaml:20:7\n/)
    expect(run.stdout).toContain(
      'note  docker-compose.yaml:26:3: jobmanager is not compared: this plan has no Flink',
    )
    expect(run.stdout).toContain('taskmanager-1 was taken for worker-1, by command taskmanager')
    expect(run.stdout).not.toContain('radtune generate')
  })

  test('reads several files, extends and variables as compose does', async () => {
    const folder = emptyFolder()
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
    write(
      'base.yaml',
      'services: {node: {image: apache/kafka:4.3.1, environment: &e {KAFKA_PROCESS_ROLES: broker}, mem_limit: 1g}}\n',
    )
    write('compose.yaml', 'services: {kafka: {extends: {file: base.yaml, service: node}, cpus: 0.5}}\n')
    write(
      'over.yaml',
      'services: {kafka: {environment: ["KAFKA_LOG_RETENTION_HOURS=24", "KAFKA_NUM_PARTITIONS=3"]}}\n',
    )
    const { data } = await driftJson(folder, ['-f', 'compose.yaml', '-f', 'over.yaml', '--profile', '4c8g'])
    const found = data?.items
      .filter(({ path }) => path.startsWith('kafka.'))
      .map(({ path, state }) => `${state} ${path}`)
    expect(found?.toSorted()).toEqual([
      'changed kafka.num.partitions',
      'in sync kafka.cpus',
      'in sync kafka.log.retention.ms',
      'in sync kafka.memory',
    ])
    expect(data?.items.find(({ path }) => path === 'kafka.num.partitions')?.at).toMatchObject({
      file: 'over.yaml',
      line: 1,
    })
  })

  test('a file that is not there is an error with its name', async () => {
    const run = await drift(emptyFolder(), ['--compose', 'nothing.yaml'])
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toContain('nothing.yaml does not exist')
  })
})
