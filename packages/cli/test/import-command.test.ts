import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { emptyFolder, runCommand } from './run-command.ts'

const corpus = join(import.meta.dirname, '../../core/test/compose')

/** A folder with one example of the corpus. */
function folderWith(example: string): string {
  const folder = emptyFolder()
  cpSync(join(corpus, example), folder, { recursive: true })
  return folder
}

async function dataOf(argv: readonly string[], workingDir: string) {
  const { stdout } = await runCommand([...argv, '--json'], { workingDir })
  return answerSchemas['radtune.import/1'].parse(JSON.parse(stdout))
}

describe('radtune import', () => {
  test('shows ledger and findings of the reference, and writes nothing', async () => {
    const workingDir = folderWith('reference')
    const { stdout, stderr, exitCode } = await runCommand(['import', 'docker-compose.yaml'], { workingDir })
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    expect(stdout).toMatch(/^total +7\.6 GiB +5\.2 +5 GiB +3\.2$/m)
    expect(stdout).toContain('docker-compose.yaml:31:25 (flink-memory-refused)')
    expect(stdout).toMatch(/^5 problems, 3 warnings, \d+ notes$/m)
    expect(readdirSync(workingDir)).toHaveLength(2)
  })

  test('says the same in JSON, and with --check exits with 3', async () => {
    const workingDir = folderWith('reference')
    const plain = await dataOf(['import'], workingDir)
    expect(plain).toMatchObject({ exitCode: 0, data: { project: 'radiation', written: null } })
    const argv = ['import', 'docker-compose.yaml', '-f', 'docker-compose.prod.yaml', '--check']
    const checked = await dataOf(argv, workingDir)
    expect(checked).toMatchObject({ ok: false, exitCode: 3 })
    const ids = checked.data?.findings.map(({ id }) => id) ?? []
    expect(ids).toContain('flink-memory-refused')
    // The second file sets a heap.
    expect(ids).not.toContain('default-heap-over-limit')
  })

  test('writes a profile that plans, once, and keeps what it replaces', async () => {
    const workingDir = folderWith('reference')
    const argv = [
      'import',
      'docker-compose.yaml',
      '--out',
      'profiles/ours.yaml',
      '--memory',
      '16GB',
      '--cpus',
      '8',
    ]
    expect((await runCommand(argv, { workingDir })).stdout).toMatch(/profiles\/ours\.yaml written/)
    const plan = await runCommand(['plan', '-p', 'ours', '--json'], { workingDir })
    expect(JSON.parse(plan.stdout).data).toMatchObject({
      profile: 'ours',
      settings: { 'worker.count': { value: 2, origin: 'profile' }, 'kafka.memory': { value: 1024 ** 3 } },
    })
    writeFileSync(join(workingDir, 'profiles/ours.yaml'), '# mine\n')
    expect((await runCommand(argv, { workingDir })).exitCode).toBe(2)
    expect((await runCommand([...argv, '--overwrite'], { workingDir })).exitCode).toBe(0)
    const backup = readdirSync(join(workingDir, 'profiles')).find((name) => name.endsWith('.bak')) ?? ''
    expect(readFileSync(join(workingDir, 'profiles', backup), 'utf8')).toBe('# mine\n')
  })

  test('shows what it can of a file for a machine that is too small', async () => {
    const workingDir = folderWith('reference')
    const { stdout, exitCode } = await runCommand(['import', '--cpus', '1', '--memory', '1GB'], {
      workingDir,
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('it cannot be planned')
  })

  test.each(readdirSync(corpus))('stays within 80 columns for %s', async (example) => {
    const workingDir = folderWith(example)
    const [file = ''] = readdirSync(workingDir).filter((name) =>
      /^(docker-)?(compose|stack)\.\w+$/.test(name),
    )
    const options = { workingDir, terminalColumns: 80, environment: { NO_COLOR: '1' } }
    const { stdout, exitCode } = await runCommand(['import', file], options)
    expect(exitCode).toBe(0)
    expect(stdout).not.toContain('not understood')
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('lists what the compose specification does not have, each at its place, and goes on', async () => {
    const workingDir = emptyFolder()
    writeFileSync(
      join(workingDir, 'compose.yaml'),
      'services:\n  web:\n    imgae: nginx\n    restart: 3\n    healthcheck:\n      test: true\n      intervall: 3s\n',
    )
    const { data } = await dataOf(['import'], workingDir)
    const notes = data?.notUnderstood.map(({ line, message }) => `${line} ${message}`)
    expect(notes).toEqual([
      '3 "imgae" is no key of a service; did you mean image?',
      '4 services.web.restart: must be string',
      '6 services.web.healthcheck.test: must be string, or must be array',
      '7 services.web.healthcheck.intervall: "intervall" is no key of the compose specification here',
    ])
  })

  test.each([
    [['import'], 'no compose file in this folder', 2],
    [['import', 'absent.yaml'], 'absent.yaml:1:1: absent.yaml does not exist', 2],
    [['import', 'bad.yaml'], 'bad.yaml:2:1', 2],
    [['import', '.'], 'cannot be read', 4],
    [['import', 'bad.yaml', '--cpus', 'many'], '--cpus: "many"', 2],
  ])('%j is refused: %s', async (argv, says, exitCode) => {
    const workingDir = emptyFolder()
    writeFileSync(join(workingDir, 'bad.yaml'), 'services: {a: [\n')
    const run = await runCommand(argv, { workingDir })
    expect(run.stderr.replace(/\s+/g, ' ')).toContain(says)
    expect(run.exitCode).toBe(exitCode)
    expect(run.stdout).toBe('')
  })
})
