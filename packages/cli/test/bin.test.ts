import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emptyFolder } from './run-command.ts'

const packageDir = join(import.meta.dirname, '..')
const bin = join(packageDir, 'bin', 'radtune.js')
const built = existsSync(join(packageDir, 'dist', 'main.js')) || process.env.RADTUNE_REQUIRE_ALL === '1'
const oldNode = findOldNode()

function radtune(node: string, args: string[], script = bin) {
  const { status, stdout, stderr } = spawnSync(node, [script, ...args], {
    encoding: 'utf8',
    cwd: emptyFolder(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  })
  return { exitCode: status, stdout, stderr }
}

/** A Node on this machine that is too old for radtune. */
function findOldNode(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((node) => existsSync(node))
    .find((node) => {
      const version = execFileSync(node, ['--version'], { encoding: 'utf8' })
      const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
      return major >= 16 && (major < 22 || (major === 22 && minor < 22))
    })
}

describe.skipIf(!built)('the built radtune', () => {
  test('plans, in text and JSON', () => {
    expect(radtune(process.execPath, ['plan'])).toMatchObject({ exitCode: 0, stderr: '' })
    const { stdout } = radtune(process.execPath, ['plan', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'radtune.plan/1', ok: true, exitCode: 0 })
  })

  test('has the same exit code for an error in text and JSON', () => {
    expect(radtune(process.execPath, ['plan', '--nope'])).toMatchObject({ exitCode: 2, stdout: '' })
    expect(radtune(process.execPath, ['plan', '--nope', '--json'])).toMatchObject({ exitCode: 2, stderr: '' })
    expect(radtune(process.execPath, ['nope'])).toMatchObject({ exitCode: 2 })
  })

  test('holds a compose file against the schema of the specification', () => {
    const example = join(packageDir, '../core/test/compose/minimal/compose.yaml')
    const { stdout, exitCode } = radtune(process.execPath, ['import', example, '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, data: { notUnderstood: [] } })
  })

  test('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [bin, 'plan'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const exitCode = await new Promise((resolve) => child.on('close', resolve))
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  test.skipIf(!oldNode)('changes over to the Node of the project on an older one', () => {
    const { stdout, exitCode } = radtune(oldNode ?? '', ['--version'])
    expect(stdout).toMatch(/\(Node v2[4-9]\./)
    expect(exitCode).toBe(0)
    expect(radtune(oldNode ?? '', ['plan', '--nope'])).toMatchObject({ exitCode: 2 })
  })
})

test.skipIf(!oldNode)('says what to do on an older Node without one in the project', () => {
  const folder = emptyFolder()
  mkdirSync(join(folder, 'bin'))
  cpSync(bin, join(folder, 'bin', 'radtune.mjs'))
  const script = join(folder, 'bin', 'radtune.mjs')
  const text = radtune(oldNode ?? '', ['plan'], script)
  expect(text.exitCode).toBe(4)
  expect(text.stderr).toMatch(/^error\[RT-CLI-006\]: radtune needs Node 22\.22 or newer/)
  const json = radtune(oldNode ?? '', ['plan', '--json'], script)
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, exitCode: 4, error: { code: 'RT-CLI-006' } })
})
