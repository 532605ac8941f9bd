import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { type CommandOptions, type CommandRun, emptyFolder, runCommand } from './run-command.ts'

const DUMP = 'Captured Time,Latitude,Longitude,Value,Unit\n2020-02-01 00:00:00,37.5,140.5,42,cpm\n'

let memory: MemoryWorld

beforeEach(() => {
  memory = createMemoryWorld()
})

function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandRun> {
  return runCommand(argv, { ...options, world: { stackWorld: async () => memory, ...options.world } })
}

async function runJson(schema: keyof typeof answerSchemas, argv: readonly string[]) {
  const answer = await run([...argv, '--json', '--quiet'])
  expect(answer.stderr).toBe('')
  const document = answerSchemas[schema].parse(JSON.parse(answer.stdout))
  expect(document.exitCode).toBe(answer.exitCode)
  return { ...answer, document }
}

/** A person at a terminal who types `answer`. */
function person(answer: string): Partial<CommandOptions> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  stdin.write(`${answer}\n`)
  return { terminalColumns: 100, world: { stdin } }
}

describe('radtune up', () => {
  test('ends with the address of the page and what to do next', async () => {
    const { stdout, stderr, exitCode } = await run(['up'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^up in [\d.]+s: 6 of 6 healthy/)
    expect(stdout).toContain('http://127.0.0.1:8080')
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('radtune down')
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d ok {2}kafka/m)
    expect(stderr).toMatch(/ok {2}warm-up {6}p50 212 → 4 ms +0\.1s$/m)
    expect(stderr).toMatch(/-- {2}limits {7}advisory: heap flags and niceness$/m)
    expect(stderr).toMatch(/ok {2}first record read, processed, at the backend in 12 ms/)
    expect(stderr).not.toContain('\u001b')
  })

  test('gives one JSON document, and progress on stderr unless quiet', async () => {
    const { document } = await runJson('radtune.up/1', ['up', '--profile', '2c4g'])
    expect(document.data).toMatchObject({
      how: 'launched',
      profile: '2c4g',
      firstRecord: { kind: 'through', latencyMs: 12 },
      records: null,
      warmUp: { firstP50Ms: 212, lastP50Ms: 4, roundTrips: 300 },
    })
    const again = await run(['up', '--profile', '2c4g', '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, data: { how: 'already', warmUp: null } })
    expect(again.stderr).toContain('profile')
  })

  test('twice is once: the second says that it is up already', async () => {
    await run(['up'])
    const { stdout, exitCode } = await run(['up'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^already up: 6 of 6 healthy/)
  })

  test('--rate is a pin, and a running stack is changed to it', async () => {
    await run(['up'])
    const { stderr, stdout } = await run(['up', '--rate', '5000'])
    expect(stderr).toContain('~ provider.rate  1000 → 5000')
    expect(stdout).toMatch(/^changed in/)
    expect(memory.project.launch?.spec.settings['provider.rate']).toMatchObject({
      value: 5000,
      origin: 'flag',
    })
  })

  test('--once prints the sums', async () => {
    memory.project.files.set('/project/dump.csv', DUMP)
    memory.pipeline.rows = 20_000
    const { stdout, exitCode } = await run(['up', '--data', 'dump.csv', '--rate', '0', '--once'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      '20,000 in = 17,000 normal + 0 critical + 2,000 dirty + 1,000 duplicates + 0 in flight',
    )
    expect(stdout).toContain('unit 2,000')
  })

  test('reads standard input for --data -', async () => {
    memory.project.input = DUMP
    memory.pipeline.rows = 1000
    expect((await run(['up', '--data', '-'])).exitCode).toBe(0)
    expect(memory.project.launch?.data).toMatchObject({ kind: 'files', loop: false })
  })

  test('draws live on a terminal and leaves no half-drawn line', async () => {
    const { stderr } = await run(['up'], { terminalColumns: 80 })
    expect(stderr).toContain('\r\u001b[2K')
    const rest = stderr.slice(stderr.lastIndexOf('first record'))
    expect(rest).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/)
    expect(stderr.endsWith('\n') || stderr.endsWith('\r\u001b[2K')).toBe(true)
  })

  test.each([
    [['--runtime', 'podman'], 'RT-CLI-003'],
    [['--once'], 'RT-CLI-021'],
    [['--loop'], 'RT-CLI-021'],
    [['--once', '--loop', '--data', 'x.csv'], 'RT-CLI-021'],
    [['--seed', '7', '--data', 'x.csv'], 'RT-CLI-021'],
    [['--data', 'missing.csv'], 'RT-DATA-002'],
    [['--env', 'staging'], 'RT-CLI-003'],
    [['--timeout', 'soon'], 'RT-CLI-003'],
    [['--timeout', '0'], 'RT-CLI-003'],
    [['--port', '70000'], 'RT-CLI-003'],
    [['--port', '8000'], 'RT-CLI-021'],
    [['--seed', 'x'], 'RT-CLI-003'],
    [['--rate', '-5'], undefined],
    [['--rate', 'fast'], 'RT-SET-001'],
    [['--data', '-', '--data', '-'], 'RT-CLI-021'],
  ])('refuses %j with exit 2, in text and as JSON', async (flags, code) => {
    const text = await run(['up', ...flags])
    expect(text.exitCode).toBe(2)
    expect(text.stdout).toBe('')
    if (code) expect(text.stderr).toContain(`error[${code}]`)
    const json = await run(['up', ...flags, '--json', '--quiet'])
    expect(json.exitCode).toBe(2)
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      exitCode: 2,
      ...(code ? { error: { code } } : {}),
    })
    expect(memory.script.started).toEqual([])
  })

  test('takes a bare number for --timeout as seconds', async () => {
    memory.script.hanging.add('kafka')
    const { stderr, exitCode } = await run(['up', '--timeout', '7'])
    expect(exitCode).toBe(5)
    expect(stderr).toContain('within 7 s')
    expect(stderr).toContain('kafka is starting')
  })

  test('shows the error form with the last log lines when a service fails', async () => {
    memory.script.failing.set('worker-1', 'ended with exit code 1')
    const { stderr, stdout, exitCode } = await run(['up'])
    expect(exitCode).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/error\[RT-UP-004\]: worker-1 did not come up/)
    expect(stderr).toMatch(/left\s+nothing is running/)
  })

  test('asks before --fresh; no is no, yes goes on', async () => {
    memory.script.data = { profile: '4c8g', bytes: 2_000_000 }
    const refused = await run(['up', '--fresh'], person('n'))
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('Drop the earlier data')
    expect(memory.script.data).toBeDefined()
    expect((await run(['up', '--fresh'], person('y'))).exitCode).toBe(0)
  })

  test('never asks where nobody can answer', async () => {
    memory.script.data = { profile: '2c4g', bytes: 2_000_000 }
    for (const flags of [[], ['--no-input'], ['--fresh']]) {
      const { stderr, exitCode } = await run(['up', ...flags])
      expect(exitCode).toBe(2)
      expect(stderr).toContain('--fresh --yes')
    }
    expect((await run(['up', '--fresh', '--yes', '--no-input'])).exitCode).toBe(0)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends cleanly at %s with exit %i', async (signal, exitCode) => {
    memory.script.hanging.add('backend')
    let interrupt: (signal: 'SIGINT' | 'SIGTERM') => void = () => undefined
    const write = { text: '' }
    const answer = await run(['up'], {
      world: {
        onInterrupt(listener) {
          interrupt = listener
          return () => undefined
        },
        stderr: {
          write(text: string) {
            write.text += text
            if (text.includes('backend starting')) interrupt(signal)
          },
        },
      },
    })
    expect(answer.exitCode).toBe(exitCode)
    expect(write.text).toContain('nothing is running')
    expect(await memory.runtime.inspect()).toBeUndefined()
  })

  test('refuses a project folder that is not there', async () => {
    const { exitCode, stderr } = await run(['up', '--project', join(emptyFolder(), 'nowhere')])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('RT-CLI-009')
  })
})

describe('radtune status', () => {
  test('says so when nothing runs, and that is no error', async () => {
    const { stdout, exitCode } = await run(['status'])
    expect(stdout).toBe('nothing runs; radtune up starts it\n')
    expect(exitCode).toBe(0)
    const { document } = await runJson('radtune.status/1', ['status'])
    expect(document.data).toMatchObject({
      running: false,
      services: [],
      records: null,
      recordsWhy: 'nothing runs',
    })
  })

  test('shows services against their limits and accounts for every record', async () => {
    await run(['up'])
    const { stdout, exitCode } = await run(['status'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^kafka +healthy +\d+ +200 MiB \/ 1 GiB +0\.25 \/ 0\.5 +0$/m)
    expect(stdout).toMatch(/^frontend .*n\/a \//m)
    expect(stdout).toMatch(/^limits +advisory: heap flags and niceness$/m)
    expect(stdout).toMatch(
      /^records +[\d,]+ in = [\d,]+ normal \+ 0 critical \+ [\d,]+ dirty \+ [\d,]+ duplicates \+ 0 in flight$/m,
    )
  })

  test('shows what is enforced and how much it holds a service back', async () => {
    memory.script.limits = { enforced: true, how: 'cgroup v2' }
    await run(['up'])
    const { stdout } = await run(['status'])
    expect(stdout).toMatch(/^service +state +pid +memory +cpu +throttled +restarts/m)
    expect(stdout).toMatch(/^kafka +healthy +\d+ +200 MiB \/ 1 GiB +0\.25 \/ 0\.5 +25 % +0$/m)
    expect(stdout).toMatch(/^limits +enforced: cgroup v2$/m)
    const { document } = await runJson('radtune.status/1', ['status'])
    const { services = [] } = answerSchemas['radtune.status/1'].parse(document).data ?? {}
    expect(services[0]).toMatchObject({
      limits: { memory: 1024 ** 3, cpu: 0.5, enforced: true, how: 'cgroup v2' },
      throttling: { periods: 400, throttledPeriods: 100, throttledMs: 5000, recentShare: 0.25 },
    })
  })

  test('has the sums that add up as JSON, and the limits of each service', async () => {
    await run(['up'])
    const { document } = await runJson('radtune.status/1', ['status'])
    const data = answerSchemas['radtune.status/1'].parse(document).data
    expect(data?.services.map(({ name }) => name)).toContain('worker-2')
    expect(data?.services[0]?.limits).toEqual({
      memory: 1024 ** 3,
      cpu: 0.5,
      enforced: false,
      how: 'advisory: heap flags and niceness',
    })
    const sums = data?.records
    if (!sums) throw new Error('no sums')
    expect(sums.in).toBe(sums.normal + sums.critical + sums.dirty + sums.duplicates + sums.inFlight)
    expect(Object.keys(sums)).toEqual([
      'in',
      'normal',
      'critical',
      'dirty',
      'dirtyByReason',
      'duplicates',
      'inFlight',
    ])
  })

  test('never shows 0 for what it cannot know', async () => {
    await run(['up'])
    memory.pipeline.brokerDown = true
    memory.pipeline.silent.add('backend').add('provider')
    const { stdout } = await run(['status'])
    expect(stdout).toMatch(/^records +n\/a \(Kafka does not answer/m)
    expect(stdout).toMatch(/^latency +n\/a/m)
    const { document } = await runJson('radtune.status/1', ['status'])
    expect(document.data).toMatchObject({
      running: true,
      records: null,
      recordsWhy: expect.stringContaining('ECONNREFUSED'),
      provider: null,
    })
  })

  test('answers 3 when counts do not add up', async () => {
    await run(['up'])
    memory.pipeline.miscounted = true
    const { stdout, stderr, exitCode } = await run(['status'])
    expect(exitCode).toBe(3)
    expect(stdout).toContain('partition 0 of radiation-data')
    expect(stderr).toContain('RT-UP-007')
  })

  test('--watch without a terminal prints one line per interval until it is interrupted', async () => {
    await run(['up'])
    const lines: string[] = []
    let interrupt: (signal: 'SIGINT' | 'SIGTERM') => void = () => undefined
    const { exitCode } = await run(['status', '--watch', '--interval', '500ms'], {
      world: {
        onInterrupt(listener) {
          interrupt = listener
          return () => undefined
        },
        stdout: {
          write(text: string) {
            lines.push(text)
            if (lines.length === 3) interrupt('SIGINT')
          },
        },
      },
    })
    expect(exitCode).toBe(130)
    expect(lines).toHaveLength(3)
    for (const line of lines)
      expect(line).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ok healthy=6\/6 rate=1000\/s in=\d+ .*in-flight=0 p99=41ms\n$/,
      )
  })

  test('refuses an interval that cannot be', async () => {
    expect((await run(['status', '--watch', '--interval', '1ms'])).exitCode).toBe(2)
    expect((await run(['status', '--interval', '1s'])).exitCode).toBe(2)
  })
})

describe('radtune down', () => {
  test('says so when nothing ran, and that is no error', async () => {
    expect(await run(['down'])).toMatchObject({ stdout: 'nothing ran\n', exitCode: 0 })
    const { document } = await runJson('radtune.down/1', ['down'])
    expect(document.data).toMatchObject({ stopped: false, services: [], records: null })
  })

  test('stops everything and tells where the records are', async () => {
    await run(['up'])
    const { stdout, stderr, exitCode } = await run(['down'])
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/ok {2}kafka +stopped/)
    expect(stdout).toMatch(/in = .* \+ 0 in flight/)
    expect(stdout).toContain('6 services stopped, nothing is lost')
    expect(await memory.runtime.inspect()).toBeUndefined()
  })

  test('drops the records only when their project is named', async () => {
    await run(['up'])
    const unasked = await run(['down', '--volumes'])
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('RT-CLI-004') })
    const wrong = await run(['down', '--volumes', '--confirm', 'other'])
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('RT-UP-009') })
    expect(await memory.runtime.inspect()).toBeDefined()
    expect((await run(['down', '--confirm', 'project'])).exitCode).toBe(2)
    const { stdout } = await run(['down', '--volumes', '--confirm', 'project'])
    expect(stdout).toContain('dropped  4 KiB of 4c8g')
    expect(await memory.runtime.data()).toBeUndefined()
    const again = await runJson('radtune.down/1', ['down', '--volumes', '--confirm', 'project'])
    expect(again.document.data).toMatchObject({ stopped: false, droppedBytes: null })
  })

  test('gives the sums as JSON', async () => {
    await run(['up'])
    const { document } = await runJson('radtune.down/1', ['down'])
    expect(document.data).toMatchObject({ stopped: true, records: { inFlight: 0 } })
  })

  test('is refused while another operation runs', async () => {
    await run(['up'])
    memory.project.holder = 'up'
    const { exitCode, stderr } = await run(['down'])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('RT-UP-002')
  })
})

describe('radtune logs', () => {
  test('puts the name of the service before each line', async () => {
    await run(['up'])
    memory.script.logs.set('kafka', ['ready'])
    memory.script.logs.set('worker-1', ['joined', 'lease taken'])
    const { stdout } = await run(['logs', '-n', '1'])
    expect(stdout).toBe('kafka    | ready\nworker-1 | lease taken\n')
    expect((await run(['logs', 'worker-1', 'kafka'])).stdout.split('\n')).toHaveLength(4)
    const { document } = await runJson('radtune.logs/1', ['logs', 'kafka'])
    expect(document.data).toMatchObject({ services: ['kafka'], lines: [{ service: 'kafka', text: 'ready' }] })
  })

  test('suggests the service that was meant', async () => {
    await run(['up'])
    const { exitCode, stderr } = await run(['logs', 'kafak'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('did you mean kafka?')
  })

  test('says so when nothing was ever launched', async () => {
    expect(await run(['logs'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('no stack') })
    expect((await run(['logs', '-n', 'many'])).exitCode).toBe(2)
  })
})

test('the project folder is the one that --project names', async () => {
  const folder = join(emptyFolder(), 'other')
  mkdirSync(folder)
  const asked: string[] = []
  const stackWorld = async (projectDir: string) => {
    asked.push(projectDir)
    return memory
  }
  await run(['status', '--project', folder], { world: { stackWorld } })
  expect(asked).toEqual([folder])
})
