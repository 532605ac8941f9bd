import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { shippedProfileNames } from '@radtune/core/profile'
import { describe, expect, test } from 'vitest'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { parseSettingsFile } from '../src/services/read-project-pins.ts'
import { type CommandOptions, emptyFolder, runCommand } from './run-command.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

/** A project from whose folder the image can be built. */
function projectWith(files: Record<string, string> = {}): string {
  const folder = emptyFolder()
  for (const [path, text] of Object.entries({ 'compose/image/Dockerfile': 'FROM scratch\n', ...files })) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const unwrapped = (text: string) => text.replace(/\s+/g, ' ')

async function generate(workingDir: string, argv: readonly string[] = [], options: CommandOptions = {}) {
  return runCommand(['generate', ...argv], { workingDir, ...options })
}

async function generateJson(workingDir: string, argv: readonly string[] = []) {
  const run = await generate(workingDir, [...argv, '--json'])
  const document = answerSchemas['radtune.generate/1'].parse(JSON.parse(run.stdout))
  expect(document.exitCode).toBe(run.exitCode)
  return document
}

describe('radtune generate', () => {
  test('writes development, production and variables, and then has nothing more to write', async () => {
    const workingDir = projectWith()
    const first = await generate(workingDir)
    expect(first).toMatchObject({ exitCode: 0, stderr: '' })
    expect(first.stdout).toMatch(/new +compose\/4c8g\/compose\.yaml\n/)
    expect(first.stdout.trimEnd().split('\n').at(-1)).toBe(
      '3 files written    next  docker compose -f compose/4c8g/compose.yaml up --build --wait',
    )
    expect(readdirSync(join(workingDir, 'compose', '4c8g')).sort()).toEqual([
      '.env.example',
      'compose.prod.yaml',
      'compose.yaml',
    ])
    const again = await generateJson(workingDir)
    expect(again.data?.files.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged'])
  })

  test.each(shippedProfileNames)('compose/%s in this repository is what it writes', async (profile) => {
    const run = await generate(repository, ['--check', '--profile', profile])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout).toBe('in sync: 3 files as radtune generate writes them\n')
  })

  test('takes any profile name or file, one environment, another folder and pins', async () => {
    const workingDir = projectWith({ 'mine.yaml': 'machine: {cpus: 4, memory: 8GB}\n' })
    await generate(workingDir, ['--profile', './mine.yaml', '--env', 'prod', '--out', 'deploy/stacks'])
    const folder = join(workingDir, 'deploy', 'stacks', 'mine')
    expect(readdirSync(folder).sort()).toEqual(['.env.example', 'compose.prod.yaml'])
    expect(readFileSync(join(folder, 'compose.prod.yaml'), 'utf8')).toContain('context: ../../..\n')
    await generate(workingDir, ['--profile', '6c12g', '--set', 'kafka.heap=700MiB'])
    expect(readFileSync(join(workingDir, 'compose', '6c12g', 'compose.yaml'), 'utf8')).toMatch(
      /# 700 MiB: pinned by flag.*\n +KAFKA_HEAP_OPTS: -Xms700m -Xmx700m/,
    )
  })

  test('does not depend on the user, the machine or the shell, and says what it left out', async () => {
    const plain = projectWith()
    const personal = projectWith({
      'config.yaml': 'profile: 2c4g\nsettings: {kafka.heap: 300MiB}\n',
      '.radtune/overlay.yaml': 'settings: {provider.rate: 7}\n',
    })
    await generate(plain)
    const run = await generate(personal, [], { environment: { RADTUNE_PRODUCER_MAIN_LINGER: '5ms' } })
    const read = (folder: string) => readFileSync(join(folder, 'compose', '4c8g', 'compose.yaml'), 'utf8')
    expect(read(personal)).toBe(read(plain))
    expect(unwrapped(run.stderr)).toMatch(
      /only this machine has them: kafka\.heap \(.*config\.yaml:\d\), provider\.rate \(\.radtune\/overlay\.yaml:1\), producer\.main\.linger \(RADTUNE_PRODUCER_MAIN_LINGER\)/,
    )
    writeFileSync(join(plain, 'radtune.yaml'), 'settings: {producer.main.linger: 5ms}\n')
    await generate(plain)
    expect(read(plain)).toContain('RADTUNE_PRODUCER_MAIN_LINGER: "5"')
  })

  test('warns when there is nothing to build the image from', async () => {
    const run = await generate(emptyFolder())
    expect(run.exitCode).toBe(0)
    expect(unwrapped(run.stderr)).toMatch(/warning: this project has no compose\/image\/Dockerfile/)
  })

  test('says what is in the way of a file', async () => {
    const workingDir = projectWith({ 'compose/4c8g/compose.yaml/x': '' })
    const { exitCode, stderr } = await generate(workingDir)
    expect(exitCode).toBe(4)
    expect(unwrapped(stderr)).toMatch(/error\[RT-GEN-002\].*compose\.yaml cannot be read.*EISDIR/)
  })
})

describe('radtune generate --check', () => {
  test('lists each field with its place, writes nothing and exits with 3', async () => {
    const workingDir = projectWith()
    await generate(workingDir)
    const file = join(workingDir, 'compose', '4c8g', 'compose.yaml')
    const edited = readFileSync(file, 'utf8').replace('memory: 1GiB', 'memory: 2GiB')
    writeFileSync(file, edited)
    const { exitCode, stdout } = await generate(workingDir, ['--check'])
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/^edited by hand +compose\/4c8g\/compose\.yaml\n/)
    const line = edited.slice(0, edited.indexOf('memory: 2GiB')).split('\n').length
    expect(stdout).toMatch(
      new RegExp(
        `compose\\.yaml:${line}:19 +services\\.kafka\\.deploy\\.resources\\.limits\\.memory +2GiB → 1GiB`,
      ),
    )
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^1 difference in 1 file {4}write them/)
    expect(readFileSync(file, 'utf8')).toBe(edited)
    const { ok, data } = await generateJson(workingDir, ['--check'])
    expect(ok).toBe(false)
    expect(data).toMatchObject({
      check: true,
      files: [
        { state: 'edited', differences: [{ found: '2GiB', wanted: '1GiB', line, column: 19 }] },
        { state: 'unchanged', differences: [] },
        { state: 'unchanged' },
      ],
    })
  })

  test('tells a missing file, one of another plan, and one of another line end apart', async () => {
    const workingDir = projectWith()
    expect(await generate(workingDir, ['--check'])).toMatchObject({ exitCode: 3 })
    expect(existsSync(join(workingDir, 'compose', '4c8g'))).toBe(false)
    await generate(workingDir)
    const file = join(workingDir, 'compose', '4c8g', 'compose.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'))
    expect(await generate(workingDir, ['--check'])).toMatchObject({ exitCode: 0 })
    const { data } = await generateJson(workingDir, ['--check', '--set', 'provider.rate=2000'])
    expect(data?.files[0]?.state).toBe('outdated')
    expect(data?.files[0]?.differences).toContainEqual(
      expect.objectContaining({
        path: 'services.provider.environment.RADTUNE_PROVIDER_RATE',
        wanted: '2000',
      }),
    )
  })
})

describe('radtune generate over a file that was edited by hand', () => {
  async function editedProject() {
    const workingDir = projectWith()
    await generate(workingDir)
    const file = join(workingDir, 'compose', '4c8g', 'compose.prod.yaml')
    const edited = `${readFileSync(file, 'utf8')}# mine\n`
    writeFileSync(file, edited)
    return { workingDir, file, edited }
  }

  test.each([[[]], [['--no-input']], [['--json']]])(
    'asks nobody (%j): it shows what differs and names the flag',
    async (argv) => {
      const { workingDir, file, edited } = await editedProject()
      const run = await generate(workingDir, argv)
      expect(run.exitCode).toBe(2)
      expect(unwrapped(run.stdout + run.stderr)).toMatch(/RT-CLI-004.*--overwrite/)
      expect(run.stderr).toContain('# mine → ')
      expect(readFileSync(file, 'utf8')).toBe(edited)
    },
  )

  test('asks on a terminal, and keeps it when the answer is no', async () => {
    const { workingDir, file, edited } = await editedProject()
    const { exitCode, stderr } = await answered(workingDir, 'n')
    expect(exitCode).toBe(2)
    expect(unwrapped(stderr)).toMatch(/edited by hand\? \[y\/N\].*RT-GEN-001.*nothing was changed/)
    expect(readFileSync(file, 'utf8')).toBe(edited)
  })

  test('replaces it when the answer is yes, and keeps a copy', async () => {
    const { workingDir, file, edited } = await editedProject()
    expect(await answered(workingDir, 'y')).toMatchObject({ exitCode: 0 })
    expect(readFileSync(file, 'utf8')).not.toContain('# mine')
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(edited)
  })

  test('replaces it with --overwrite, and no copy replaces another', async () => {
    const { workingDir, file, edited } = await editedProject()
    writeFileSync(`${file}.bak`, 'older')
    const { data } = await generateJson(workingDir, ['--overwrite'])
    expect(data?.files.map(({ backup }) => backup)).toEqual([null, `${file}.2.bak`, null])
    expect(readFileSync(`${file}.2.bak`, 'utf8')).toBe(edited)
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe('older')
    expect(await generate(workingDir, ['--check'])).toMatchObject({ exitCode: 0 })
  })

  function answered(workingDir: string, answer: string) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true })
    stdin.write(`${answer}\n`)
    return generate(workingDir, [], { terminalColumns: 120, world: { stdin } })
  }
})

describe('radtune init', () => {
  const init = (workingDir: string, argv: readonly string[] = []) =>
    runCommand(['init', ...argv], { workingDir })
  const fileOf = (workingDir: string) => readFileSync(join(workingDir, 'radtune.yaml'), 'utf8')

  test('writes a file that plans what its profile plans', async () => {
    const workingDir = emptyFolder()
    expect(await init(workingDir, ['--profile', '2c4g'])).toMatchObject({ exitCode: 0, stderr: '' })
    const plan = await runCommand(['plan', '--json'], { workingDir })
    expect(JSON.parse(plan.stdout).data).toMatchObject({ profile: '2c4g' })
    const bare = await runCommand(['plan', '--json', '--profile', '2c4g'])
    expect(JSON.parse(plan.stdout).data.settings).toEqual(JSON.parse(bare.stdout).data.settings)
  })

  test.each(shippedProfileNames)('plans the same for %s when every line is taken', async (profile) => {
    const workingDir = emptyFolder()
    await init(workingDir, ['--profile', profile])
    const taken = fileOf(workingDir)
      .replaceAll(/^( *)# ?/gm, '$1')
      .replaceAll(/^( *)# ?/gm, '$1# ')
    const { pins } = parseSettingsFile(taken, { file: 'radtune.yaml', origin: 'radtune.yaml' })
    expect(pins.length).toBeGreaterThan(25)
    writeFileSync(join(workingDir, 'radtune.yaml'), taken)
    const { data } = JSON.parse((await runCommand(['plan', '--json'], { workingDir })).stdout)
    const { data: bare } = JSON.parse((await runCommand(['plan', '--json', '-p', profile])).stdout)
    const values = (settings: Record<string, { value: unknown }>) =>
      Object.entries(settings).map(([key, { value }]) => [key, value])
    expect(values(data.settings)).toEqual(values(bare.settings))
    expect(data.totals).toEqual(bare.totals)
    for (const { key } of pins) expect(data.settings[key].origin).toBe('radtune.yaml')
  })

  test('replaces nothing unless told to, and keeps a copy then', async () => {
    const workingDir = projectWith({ 'radtune.yaml': 'profile: 8c16g\n' })
    const refused = await init(workingDir)
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('error[RT-GEN-003]')
    expect(fileOf(workingDir)).toBe('profile: 8c16g\n')
    const run = await init(workingDir, ['--overwrite', '--json'])
    const { data } = answerSchemas['radtune.init/1'].parse(JSON.parse(run.stdout))
    expect(data).toMatchObject({ profile: '4c8g', backup: join(workingDir, 'radtune.yaml.bak') })
    expect(readFileSync(join(workingDir, 'radtune.yaml.bak'), 'utf8')).toBe('profile: 8c16g\n')
  })
})
