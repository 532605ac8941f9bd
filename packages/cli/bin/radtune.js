#!/usr/bin/env node
/*
 * Starts radtune. This file must run on Node 16: it only checks the version, and on an older Node changes over to the
 * one that is installed as a dependency of the project.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const needed = [22, 22]
const here = path.dirname(fileURLToPath(import.meta.url))

if (isNewEnough(process.versions.node)) {
  if (module.enableCompileCache) module.enableCompileCache()
  const { main } = await import('../dist/bundle/main.js').catch(explainMissingBuild)
  await main()
} else {
  const node = process.env.RADTUNE_REEXECUTED ? undefined : findProjectNode(here)
  if (node) runOn(node)
  else refuse()
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

function findProjectNode(folder) {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  for (let at = folder; ; at = path.dirname(at)) {
    const candidate = path.join(at, 'node_modules', 'node', 'bin', file)
    if (existsSync(candidate)) return candidate
    if (at === path.dirname(at)) return undefined
  }
}

function runOn(node) {
  const child = spawn(node, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, RADTUNE_REEXECUTED: '1' },
  })
  // On a terminal the child gets Ctrl-C itself; a signal to this process alone is passed on.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  child.on('error', (error) => refuse(`${node} cannot be run: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal] ?? 0)))
}

function refuse(why) {
  fail({
    code: 'RT-CLI-006',
    title: 'this Node is too old',
    exitCode: 4,
    what: `radtune needs Node ${needed.join('.')} or newer; this is ${process.versions.node}`,
    why: why || "the project's own Node is not installed (no node_modules/node)",
    fix: ['npm ci', 'or install Node 24 and repeat the command'],
  })
}

function explainMissingBuild(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || existsSync(path.join(here, '..', 'dist', 'bundle', 'main.js')))
    throw error
  fail({
    code: 'RT-CLI-006',
    title: 'radtune is not built',
    exitCode: 4,
    what: 'radtune is not built',
    why: 'packages/cli/dist/bundle is missing',
    fix: ['npm run build'],
  })
}

function fail({ code, title, exitCode, what, why, fix }) {
  if (process.argv.includes('--json')) {
    const error = { code, title, what, why, logs: [], fix, left: null }
    const document = { schema: 'radtune.error/1', ok: false, exitCode, data: null, warnings: [], error }
    process.stdout.write(`${JSON.stringify(document)}\n`)
  } else {
    process.stderr.write(
      `error[${code}]: ${what}  exit ${exitCode}\n  why   ${why}\n  fix   ${fix.join('\n        ')}\n`,
    )
  }
  process.exit(exitCode)
}
