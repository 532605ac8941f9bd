/*
 * Runs a script of this folder (`node scripts/run.js start …`) on a Node that reads TypeScript: this one, else the
 * project's own, also where npm was started by an old Node and node_modules/.bin/node leads nowhere. Plain JavaScript, so
 * that any Node gets far enough to say what is wrong.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const [name, ...args] = process.argv.slice(2)
const own = join(
  here,
  '..',
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
)

const node = readsTypeScript(process.versions.node) ? process.execPath : existsSync(own) ? own : undefined
if (node === undefined) {
  console.error(`error: this needs Node 22.22 or newer, and this is ${process.versions.node}.`)
  console.error(
    "  why   the project's own Node is not installed (node_modules/node), or its install script was not run",
  )
  console.error('  fix   npm ci')
  console.error('        or put Node 24 on the PATH')
  process.exit(4)
}

const child = spawn(node, ['--conditions=radtune-source', join(here, `${name}.ts`), ...args], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: [dirname(node), join(here, '..', 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  },
})
// On a terminal the script gets Ctrl-C itself; it decides how to end, and this process follows.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))

function readsTypeScript(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 22)
}
