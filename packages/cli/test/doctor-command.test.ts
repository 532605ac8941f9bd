import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { type CommandOptions, runCommand } from './run-command.ts'

let memory: MemoryWorld

beforeEach(() => {
  memory = createMemoryWorld()
})

function run(argv: readonly string[], options: CommandOptions = {}) {
  return runCommand(['doctor', ...argv], { ...options, world: { stackWorld: async () => memory } })
}

describe('radtune doctor', () => {
  test('exits with 0 when all is well, having said what it does', async () => {
    const { stdout, stderr, exitCode } = await run([])
    expect(exitCode).toBe(0)
    expect(stderr).toContain('checking what 4c8g needs')
    expect(stdout).toMatch(/^ok +java +Java 17, \/usr\/bin\/java$/m)
    expect(stdout).toMatch(/10 ok, 2 notes\nnext {2}radtune up --profile 4c8g\n$/)
  })

  test('exits with 3 for a problem, and prints its fix', async () => {
    memory.answers.portsInUse = [{ port: 8000, owner: 'python3 (pid 12)' }]
    memory.answers.clock = new Error('no clock')
    const { stdout, exitCode } = await run([])
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(
      /^problem +ports +8000 \(backend\) is in use by python3 \(pid 12\)\n +fix {2}radtune up --port auto$/m,
    )
    expect(stdout).toMatch(/1 problem, 1 could not be checked$/m)
  })

  test('exits with 4 when nothing is wrong but something could not be checked', async () => {
    memory.answers.limits = new Error('EIO')
    expect((await run([])).exitCode).toBe(4)
  })

  test('says the same in JSON', async () => {
    memory.answers.openFiles = 100
    const { stdout, stderr, exitCode } = await run(['--json', '--quiet', '-p', '8c16g'])
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 3 })
    const document = answerSchemas['radtune.doctor/1'].parse(JSON.parse(stdout))
    expect(document).toMatchObject({ ok: false, exitCode: 3, data: { profile: '8c16g' } })
  })

  test('asks for no ports while the stack runs', async () => {
    const up = await runCommand(['up'], { world: { stackWorld: async () => memory } })
    expect(up.exitCode).toBe(0)
    memory.answers.portsInUse = [{ port: 9092, owner: 'java' }]
    expect((await run([])).stdout).toMatch(/^ok +ports +the stack of this project runs/m)
  })

  test.each([80, 120])('stays within %d columns', async (terminalColumns) => {
    memory.answers.freeDiskBytes = 1
    const { stdout } = await run([], { terminalColumns, environment: { NO_COLOR: '1' } })
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(terminalColumns)
  })
})
