import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settings } from '@radtune/core/settings'
import { describe, expect, test } from 'vitest'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { type CommandOptions, emptyFolder, runCommand } from './run-command.ts'

type Schema = keyof typeof answerSchemas

/** Runs with --json and gives the document back, checked against its schema. */
async function runJson(schema: Schema, argv: readonly string[], options: CommandOptions = {}) {
  const run = await runCommand([...argv, '--json'], options)
  const document = answerSchemas[schema].parse(JSON.parse(run.stdout))
  expect(document.exitCode).toBe(run.exitCode)
  expect(document.ok).toBe(run.exitCode === 0)
  expect(document.error === null).toBe(document.ok)
  return { ...run, document }
}

function projectWith(files: Record<string, string>): string {
  const folder = emptyFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Text with its line breaks taken out again. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ')
}

async function planOf(argv: readonly string[], options: CommandOptions = {}) {
  const { document } = await runJson('radtune.plan/1', ['plan', ...argv], options)
  return answerSchemas['radtune.plan/1'].parse(document).data
}

describe('radtune plan', () => {
  test('plans 4c8g when nothing is named', async () => {
    const { stdout, stderr, exitCode } = await runCommand(['plan'])
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^4c8g: 4 vCPU, 8 GB, worker engine, for 1,000–10,000 readings\/s under 100 ms\n/)
    for (const name of ['kafka', 'worker-1', 'worker-2', 'backend', 'provider', 'frontend', 'total'])
      expect(stdout).toMatch(new RegExp(`^${name}\\s`, 'm'))
    expect(stdout.trimEnd().split('\n').at(-2)).toMatch(/^fits: 6\.1 GiB of 6\.8 GiB usable/)
  })

  test('is a ledger: what each limit holds, the disk of each topic, what is smaller than it could be', async () => {
    const { stdout } = await runCommand(['plan'])
    expect(stdout).toMatch(/^kafka +1 GiB +512 MiB +512 MiB +180 MiB +332 MiB/m)
    expect(stdout).toMatch(/^radiation-data +6 +12 GiB +12 GiB, 14h19m +12 GiB, 1h26m$/m)
    expect(unwrapped(stdout)).toMatch(/topics\.retention 1h26m instead of 24h: at 10,000\/s/)
    const plan = await planOf([])
    expect(plan?.ledger.sums.memoryBytes).toBe(plan?.totals.memoryBytes)
  })

  test.each([80, 120])('stays within %d columns of a terminal', async (terminalColumns) => {
    for (const profile of ['2c4g', '4c8g', '64c256g']) {
      const options = { terminalColumns, environment: { NO_COLOR: '1' } }
      const { stdout } = await runCommand(['plan', '-p', profile, '--show-origin'], options)
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(terminalColumns)
    }
  })

  test('is Markdown with --markdown, in which no name breaks a table', async () => {
    const profile = 'name: odd\nmachine: {cpus: 4, memory: 8GB}\nsettings: {kafka.heap: 400MiB}\n'
    const workingDir = projectWith({ 'a|<b>.yaml': profile })
    const { stdout, exitCode } = await runCommand(['plan', '--markdown', '-p', './a|<b>.yaml'], {
      workingDir,
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('| `kafka.heap` | 400 MiB | profile, ./a\\|&lt;b>.yaml:3 |')
    expect(stdout).toContain('<details><summary>Topics and disk</summary>')
    const both = await runCommand(['plan', '--markdown', '--json'])
    expect(both.exitCode).toBe(2)
  })

  test('gives services and totals as JSON', async () => {
    const plan = await planOf(['--profile', '4c8g'])
    expect(plan?.services.map(({ name }) => name)).toEqual([
      'kafka',
      'worker-1',
      'worker-2',
      'backend',
      'provider',
      'frontend',
    ])
    const sum = plan?.services.reduce((total, { memoryBytes }) => total + memoryBytes, 0)
    expect(plan?.totals.memoryBytes).toBe(sum)
    expect(plan?.profileSource).toMatchObject({ origin: 'flag', kind: 'shipped' })
  })

  test('takes any <cpus>c<GB>g name', async () => {
    expect(await planOf(['-p', '6c12g'])).toMatchObject({ profile: '6c12g', machine: { cpus: 6 } })
  })

  test('takes a file by its path, relative to the current folder', async () => {
    const workingDir = projectWith({
      'mine.yaml': 'machine: {cpus: 4, memory: 8GB}\nsettings: {kafka.heap: 400MiB}\n',
    })
    const plan = await planOf(['--profile', './mine.yaml'], { workingDir })
    expect(plan?.settings['kafka.heap']).toMatchObject({ value: 400 * 1024 * 1024, origin: 'profile' })
    expect(plan?.profile).toBe('mine')
  })

  test("a project's own profile wins over the shipped one of the same name", async () => {
    const workingDir = projectWith({ 'profiles/4c8g.yaml': 'machine: {cpus: 4, memory: 9GB}\n' })
    expect(await planOf([], { workingDir })).toMatchObject({ profileSource: { kind: 'project' } })
  })

  test('settings win in the order profile, user config, radtune.yaml, overlay, environment, flag', async () => {
    const workingDir = projectWith({
      'mine.yaml':
        'machine: {cpus: 4, memory: 8GB}\nsettings: {producer.main.linger: 1ms, producer.dirty.linger: 1ms}\n',
      'config.yaml': 'settings: {producer.main.linger: 2ms, consumer.fetchMaxWait: 102ms}\n',
      'radtune.yaml':
        'profile: ./mine.yaml\nsettings:\n  producer.main.linger: 3ms\n  provider.producer.linger: 3ms\n',
      '.radtune/overlay.yaml': 'settings: {producer.main.linger: 4ms, pipeline.commitInterval: 404ms}\n',
    })
    const environment = {
      RADTUNE_PRODUCER_MAIN_LINGER: '5ms',
      RADTUNE_PIPELINE_DUPLICATE_WINDOW: '5000',
    }
    const plan = await planOf(['--set', 'producer.main.linger=6ms'], { workingDir, environment })
    expect(plan?.settings).toMatchObject({
      'producer.main.linger': { value: 6, origin: 'flag' },
      'pipeline.duplicateWindow': { value: 5000, origin: 'environment' },
      'pipeline.commitInterval': { value: 404, origin: 'overlay', at: '.radtune/overlay.yaml:1' },
      'provider.producer.linger': { value: 3, origin: 'radtune.yaml', at: 'radtune.yaml:4' },
      'consumer.fetchMaxWait': { value: 102, origin: 'user config' },
      'producer.dirty.linger': { value: 1, origin: 'profile' },
    })
    expect(plan?.profileSource).toMatchObject({ origin: 'radtune.yaml', kind: 'path' })
  })

  test('shows pins in text, and with --show-origin every setting', async () => {
    const workingDir = projectWith({ 'radtune.yaml': 'settings:\n  kafka.heap: 400MiB\n' })
    const brief = await runCommand(['plan'], { workingDir })
    expect(brief.stdout).toMatch(/kafka\.heap +400 MiB +radtune\.yaml, radtune\.yaml:2/)
    const full = await runCommand(['plan', '--show-origin'], { workingDir })
    expect(full.stdout).toMatch(/pipeline\.driver +\S+ +derived/)
  })

  test('the profile can come from RADTUNE_PROFILE, and a flag wins over it', async () => {
    const environment = { RADTUNE_PROFILE: '8c16g' }
    expect(await planOf([], { environment })).toMatchObject({
      profile: '8c16g',
      profileSource: { origin: 'environment' },
    })
    expect(await planOf(['--profile', '2c4g'], { environment })).toMatchObject({ profile: '2c4g' })
  })
})

describe('radtune profiles', () => {
  test('lists shipped and own profiles by size, also broken ones', async () => {
    const workingDir = projectWith({
      'profiles/3c6g.yaml': 'machine: {cpus: 3, memory: 6GB}\n',
      'profiles/bad.yaml': 'x',
    })
    const { stdout, exitCode } = await runCommand(['profiles'], { workingDir })
    expect(exitCode).toBe(0)
    const names = stdout.split('\n').map((line) => line.split(/\s/)[0])
    expect(names.slice(1, 7)).toEqual(['2c4g', '3c6g', '4c8g', '8c16g', '16c32g', 'bad'])
    await runJson('radtune.profiles/1', ['profiles'], { workingDir })
  })

  test('shows a profile as YAML that plans the same', async () => {
    const shown = await runCommand(['profiles', 'show', '16c32g'])
    const workingDir = projectWith({ 'again.yaml': shown.stdout })
    const { document } = await runJson(
      'radtune.profiles-diff/1',
      ['profiles', 'diff', './again.yaml', '16c32g'],
      { workingDir },
    )
    expect(document.data).toMatchObject({ differences: [] })
    await runJson('radtune.profile/1', ['profiles', 'show', '6c12g'])
  })

  test('shows how two profiles and their plans differ', async () => {
    const { stdout } = await runCommand(['profiles', 'diff', '4c8g', '8c16g'])
    expect(stdout).toMatch(/machine\.cpus +4 +8/)
    expect(stdout).toMatch(/workload\.maxPerSecond +10,000\/s +20,000\/s/)
    expect(stdout).toMatch(/kafka\.memoryBytes +1 GiB +2 GiB/)
  })
})

const GIB = 1024 ** 3

/** A machine of which radtune may use less than there is. */
const limited = {
  host: {
    facts: async () => ({
      cpus: 4,
      memoryBytes: 7.7 * GIB,
      availableMemoryBytes: 6 * GIB,
      platform: 'linux',
      machine: { cpus: 32, memoryBytes: 128 * GIB },
      limits: { how: 'cgroup v2' as const, cpus: 4, memoryBytes: 7.7 * GIB },
    }),
    identity: async () => ({ cpuModel: 'Test CPU', kernel: 'Linux 6.8', arch: 'x64' }),
  },
}

describe('radtune profiles detect', () => {
  test('sees the limits of its place, not the host around it', async () => {
    const { stdout, exitCode } = await runCommand(['profiles', 'detect'], { world: limited })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/machine +32 CPUs, 128 GiB/)
    expect(stdout).toMatch(/limits +4 CPUs and 7\.7 GiB, by cgroup v2/)
    expect(stdout).toMatch(/auto +4c8g: limits of 6\.1 GiB and 4\.2 CPUs/)
    expect(stdout).toMatch(/16c32g +too large/)
    const { document } = await runJson('radtune.profiles-detect/1', ['profiles', 'detect'], {
      world: limited,
    })
    expect(document.data).toMatchObject({ auto: { name: '4c8g' } })
  })

  test('names the profile that --profile auto plans, and a file of that name wins', async () => {
    expect(await planOf(['-p', 'auto'], { world: limited })).toMatchObject({
      profile: '4c8g',
      profileSource: { kind: 'shipped' },
    })
    const workingDir = projectWith({ 'profiles/auto.yaml': 'machine: {cpus: 8, memory: 16GB}\n' })
    expect(await planOf(['-p', 'auto'], { world: limited, workingDir })).toMatchObject({
      machine: { cpus: 8 },
    })
  })
})

describe('radtune profiles new', () => {
  test('writes a profile that can be planned, and shows it in a dry run', async () => {
    const workingDir = emptyFolder()
    const argv = [
      'profiles',
      'new',
      'lab',
      '--cpus',
      '4',
      '--memory',
      '7.6GB',
      '--set',
      'worker-2.memory=1.5GB',
    ]
    const dry = await runCommand([...argv, '--dry-run'], { workingDir })
    expect(readdirSync(workingDir)).toEqual([])
    await runJson('radtune.profiles-new/1', argv, { workingDir })
    expect(readFileSync(join(workingDir, 'profiles/lab.yaml'), 'utf8')).toBe(dry.stdout)
    const plan = await planOf(['-p', 'lab'], { workingDir })
    expect(plan?.services.find(({ name }) => name === 'worker-2')?.memoryBytes).toBe(1.5 * GIB)
  })

  test('takes the machine from the name, else from where it runs', async () => {
    const workingDir = emptyFolder()
    await runCommand(['profiles', 'new', '6c12g'], { workingDir, world: limited })
    expect(await planOf(['-p', '6c12g'], { workingDir })).toMatchObject({
      profileSource: { kind: 'project' },
      machine: { cpus: 6, memoryBytes: 12 * GIB },
    })
    await runCommand(['profiles', 'new', 'here'], { workingDir, world: limited })
    expect(await planOf(['-p', 'here'], { workingDir })).toMatchObject({
      machine: { cpus: 4, memoryBytes: 8 * GIB },
    })
  })

  test('replaces a file only with --overwrite, and keeps it', async () => {
    const workingDir = projectWith({ 'profiles/lab.yaml': '# mine\n' })
    const argv = ['profiles', 'new', 'lab', '--cpus', '4', '--memory', '8GB']
    const refused = await runCommand(argv, { workingDir })
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('RT-PROF-004')
    expect(readFileSync(join(workingDir, 'profiles/lab.yaml'), 'utf8')).toBe('# mine\n')
    const { stdout } = await runCommand([...argv, '--overwrite'], { workingDir })
    expect(stdout).toContain('lab.yaml.2026-01-02T03-04-05.bak')
    expect(readFileSync(join(workingDir, 'profiles/lab.yaml.2026-01-02T03-04-05.bak'), 'utf8')).toBe(
      '# mine\n',
    )
    expect((await runCommand(argv, { workingDir })).stdout).toContain('says so already')
  })

  test.each([
    [['../x'], /cannot be the name/],
    [['auto'], /stands for the profile/],
    [['a', '--cpus', 'fish'], /--cpus: "fish"/],
    [['a', '--set', 'kafka.heep=1GB'], /kafka\.heap/],
    [['1c1g'], /too small/],
  ])('refuses %j and writes nothing', async (argv, says) => {
    const workingDir = emptyFolder()
    const { stderr, exitCode } = await runCommand(['profiles', 'new', ...argv], {
      workingDir,
      world: limited,
    })
    expect(exitCode).toBe(2)
    expect(unwrapped(stderr)).toMatch(says)
    expect(readdirSync(workingDir)).toEqual([])
  })
})

describe('radtune explain', () => {
  test('explains a setting with its value in the plan', async () => {
    const { stdout } = await runCommand(['explain', 'kafka.heap'])
    expect(stdout).toMatch(/value +512 MiB in the plan for 4c8g/)
    await runJson('radtune.explain/1', ['explain', 'kafka.heap'])
  })

  test('fills in the arithmetic, and says where the value lands', async () => {
    const { stdout } = await runCommand(['explain', 'kafka.heap'], { terminalColumns: 120 })
    expect(unwrapped(stdout)).toContain('the least of (512 MiB, 844 MiB, 4 GiB)')
    expect(stdout).toContain('services.kafka.environment.KAFKA_HEAP_OPTS: -Xms512m -Xmx512m')
  })

  test('explains what one service has, and refuses a service that the plan has not', async () => {
    const environment = { RADTUNE_PROFILE: '8c16g' }
    expect((await runCommand(['explain', 'worker-3.memory'], { environment })).stdout).toMatch(/value +2 GiB/)
    const { stderr, exitCode } = await runCommand(['explain', 'worker-3.memory'])
    expect(exitCode).toBe(2)
    expect(unwrapped(stderr)).toContain('the plan for 4c8g has no worker-3')
  })

  test('explains every setting', async () => {
    for (const key of Object.keys(settings)) {
      const { document } = await runJson('radtune.explain/1', ['explain', key])
      expect(document.data).toMatchObject({ key, planned: { landings: expect.anything() } })
      const { stdout } = await runCommand(['explain', key])
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110)
    }
  })

  test('explains error codes in any case, and lists what there is', async () => {
    const { stdout } = await runCommand(['explain', 'rt-prof-001'])
    expect(stdout).toMatch(/^RT-PROF-001: /)
    expect((await runCommand(['explain'])).stdout).toContain('RT-CLI-008')
    await runJson('radtune.explain/1', ['explain'])
  })

  test('explains also when the project has a broken radtune.yaml', async () => {
    const workingDir = projectWith({ 'radtune.yaml': 'settings: {kafka.heap: 9ZB}\n' })
    const { stdout, stderr, exitCode } = await runCommand(['explain', 'kafka.heap'], { workingDir })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Java heap of the broker')
    expect(stderr).toContain('warning: without values of a plan: radtune.yaml has a problem')
  })
})

describe('what cannot be done is said alike in text and JSON', () => {
  const refusals: [
    string,
    readonly string[],
    { code: string; exitCode: number; says: RegExp },
    CommandOptions?,
  ][] = [
    ['unknown command', ['plam'], { code: 'RT-CLI-001', exitCode: 2, says: /did you mean radtune plan\?/ }],
    [
      'unknown sub-command',
      ['profiles', 'shw'],
      { code: 'RT-CLI-003', exitCode: 2, says: /did you mean radtune profiles show\?/ },
    ],
    [
      'unknown flag',
      ['plan', '--profil', '4c8g'],
      { code: 'RT-CLI-002', exitCode: 2, says: /did you mean --profile\?/ },
    ],
    ['flag before the command', ['--profil', 'plan'], { code: 'RT-CLI-002', exitCode: 2, says: /--profil/ }],
    [
      'flag without a value',
      ['plan', '--profile'],
      { code: 'RT-CLI-003', exitCode: 2, says: /--profile expects a value/ },
    ],
    [
      'a flag twice',
      ['plan', '--profile', 'a', '--profile', 'b'],
      { code: 'RT-CLI-003', exitCode: 2, says: /once/ },
    ],
    ['missing argument', ['profiles', 'diff', '4c8g'], { code: 'RT-CLI-003', exitCode: 2, says: /to/ }],
    [
      'too many arguments',
      ['plan', '4c8g'],
      { code: 'RT-CLI-003', exitCode: 2, says: /takes no argument "4c8g"/ },
    ],
    [
      'unknown profile',
      ['plan', '--profile', '4c8'],
      { code: 'RT-PROF-002', exitCode: 2, says: /did you mean 4c8g\?/ },
    ],
    [
      'profile file that is missing',
      ['plan', '--profile', './no.yaml'],
      { code: 'RT-PROF-002', exitCode: 2, says: /does not exist/ },
    ],
    [
      'profile that is a folder',
      ['plan', '--profile', '/tmp/'],
      { code: 'RT-PROF-003', exitCode: 4, says: /EISDIR/ },
    ],
    [
      'too small a machine',
      ['plan', '--profile', '1c1g'],
      { code: 'RT-PLAN-001', exitCode: 2, says: /needs at least/ },
    ],
    [
      'unknown setting',
      ['plan', '--set', 'kafka.heep=1GB'],
      { code: 'RT-SET-002', exitCode: 2, says: /kafka\.heap/ },
    ],
    [
      'setting without a value',
      ['plan', '--set', 'kafka.heap'],
      { code: 'RT-SET-002', exitCode: 2, says: /KEY=VALUE/ },
    ],
    [
      'value that does not fit',
      ['plan', '--set', 'kafka.heap=8GG'],
      { code: 'RT-SET-001', exitCode: 2, says: /8GG/ },
    ],
    [
      'unknown thing to explain',
      ['explain', 'kafka.haep'],
      { code: 'RT-CLI-008', exitCode: 2, says: /kafka\.heap/ },
    ],
    [
      'project that is missing',
      ['plan', '--project', '/no/such'],
      { code: 'RT-CLI-009', exitCode: 4, says: /does not exist/ },
    ],
    ['unknown help', ['help', 'exit-code'], { code: 'RT-CLI-001', exitCode: 2, says: /exit-codes/ }],
    [
      'bad value from the environment',
      ['plan'],
      { code: 'RT-SET-001', exitCode: 2, says: /RADTUNE_KAFKA_HEAP/ },
      { environment: { RADTUNE_KAFKA_HEAP: 'lots' } },
    ],
  ]

  test.each(refusals)('%s', async (_, argv, { code, exitCode, says }, options) => {
    const text = await runCommand(argv, options)
    expect(text.stdout).toBe('')
    expect(text.stderr).toContain(`error[${code}]: `)
    expect(unwrapped(text.stderr)).toMatch(says)
    expect(text.exitCode).toBe(exitCode)

    const json = await runCommand(['--json', ...argv], options)
    const document = JSON.parse(json.stdout)
    expect(document).toMatchObject({ ok: false, exitCode, data: null, error: { code } })
    expect(json.exitCode).toBe(exitCode)
    expect(json.stderr).toBe('')
  })

  const brokenProfiles: [string, string, RegExp][] = [
    ['a tab', 'machine:\n\tcpus: 4\n', /mine\.yaml:2:\d+: .*tab/],
    ['an unknown key', 'machine: {cpus: 4, memory: 8GB}\nworklod: {}\n', /mine\.yaml:2:1: .*workload/],
    ['a value of no unit', 'machine:\n  cpus: 4\n  memory: 8GG\n', /mine\.yaml:3:11: .*8GG/],
    ['nothing', '', /mine\.yaml:1:1: .*empty/],
  ]

  test.each(brokenProfiles)('a profile with %s is refused with its place', async (_, text, says) => {
    const workingDir = projectWith({ 'mine.yaml': text })
    const run = await runCommand(['plan', '--profile', 'mine.yaml'], { workingDir })
    expect(run.exitCode).toBe(2)
    expect(unwrapped(run.stderr)).toMatch(says)
    const { document } = await runJsonError(['plan', '--profile', 'mine.yaml'], workingDir)
    expect(document.error.code).toBe('RT-PROF-001')
    expect(document.error.why).toMatch(says)
  })

  const brokenSettings: [string, string, RegExp][] = [
    ['an unknown key', 'setings: {}\n', /radtune\.yaml:1:1: .*settings/],
    ['an unknown setting', 'settings:\n  kafka.heep: 1GB\n', /radtune\.yaml:2:3: .*kafka\.heap/],
    ['a bad value', 'settings:\n  kafka.heap: 8GG\n', /radtune\.yaml:2:3: .*8GG/],
    ['a list', '- a\n', /radtune\.yaml:1:1: /],
    ['broken YAML', 'settings: {\n', /radtune\.yaml:2:1: /],
  ]

  test.each(brokenSettings)('a radtune.yaml with %s is refused with its place', async (_, text, says) => {
    const workingDir = projectWith({ 'radtune.yaml': text })
    const run = await runCommand(['plan'], { workingDir })
    expect(run.exitCode).toBe(2)
    expect(unwrapped(run.stderr)).toMatch(says)
  })

  async function runJsonError(argv: readonly string[], workingDir: string) {
    const { stdout, exitCode } = await runCommand([...argv, '--json'], { workingDir })
    return { document: JSON.parse(stdout), exitCode }
  }
})

describe('an error that nobody planned for', () => {
  const world = {
    files: {
      kind: () => Promise.reject(new Error('https://anna:hunter2@example.org failed, token=abcdef')),
      read: () => Promise.resolve(undefined),
      list: () => Promise.resolve([]),
      append: () => Promise.reject(new Error('read-only')),
      remove: () => Promise.reject(new Error('read-only')),
      write: (path: string, text: string) => {
        mkdirSync(join(path, '..'), { recursive: true })
        writeFileSync(path, text)
        return Promise.resolve()
      },
    },
  }

  test('leaves a report without secrets and exits with 1 in both modes', async () => {
    const workingDir = emptyFolder()
    const environment = { API_TOKEN: 'verysecretvalue' }
    const text = await runCommand(['plan', '--set', 'verysecretvalue'], { workingDir, environment, world })
    expect(text.exitCode).toBe(1)
    expect(text.stderr).toContain('error[RT-CLI-005]: ')
    const folder = join(workingDir, 'state', 'reports')
    const report = readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')
    expect(report).toContain('2026-01-02T03:04:05')
    expect(report).toContain('run-radtune')
    for (const secret of ['hunter2', 'abcdef', 'verysecretvalue']) {
      expect(report).not.toContain(secret)
      expect(text.stderr).not.toContain(secret)
    }
    const json = await runCommand(['plan', '--json'], { workingDir, environment, world })
    expect(json.exitCode).toBe(1)
    expect(JSON.parse(json.stdout).error.code).toBe('RT-CLI-005')
  })

  test('a report that cannot be written is said and hides nothing', async () => {
    const files = { ...world.files, write: () => Promise.reject(new Error('read-only')) }
    const run = await runCommand(['plan'], { world: { ...world, files } })
    expect(run.exitCode).toBe(1)
    expect(unwrapped(run.stderr)).toMatch(/failed.*a report could not be written to/)
  })
})

describe('help and version', () => {
  test('lists the commands and the exit codes', async () => {
    const { stdout, exitCode } = await runCommand(['--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('EXIT CODES')
    expect((await runCommand([])).stdout).toBe(stdout)
    expect((await runCommand(['help', 'exit-codes'])).stdout).toMatch(/130 {2}interrupted/)
  })

  test('says its version', async () => {
    const { stdout } = await runCommand(['--version'])
    expect(stdout).toMatch(/^radtune \d+\.\d+\.\d+ \(Node v\d+/)
  })
})

describe('colour', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for colour codes
  const colour = /\u001b\[/

  test('only on a terminal, and not with NO_COLOR, TERM=dumb or --no-color', async () => {
    expect((await runCommand(['plan'])).stdout).not.toMatch(colour)
    expect((await runCommand(['plan'], { terminalColumns: 100 })).stdout).toMatch(colour)
    expect((await runCommand(['plan'], { environment: { FORCE_COLOR: '1' } })).stdout).toMatch(colour)
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      expect((await runCommand(['plan'], { terminalColumns: 100, environment })).stdout).not.toMatch(colour)
    expect((await runCommand(['plan', '--no-color'], { terminalColumns: 100 })).stdout).not.toMatch(colour)
  })
})
