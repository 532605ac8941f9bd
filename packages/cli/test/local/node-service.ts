import { readFileSync } from 'node:fs'
import type { LocalProcess } from '@radtune/core/render'

/** How a service of a test behaves. */
export interface NodeServiceOptions {
  name: string
  /** File to which it appends `<name> <event>` lines. */
  journal: string
  port?: number
  dependsOn?: readonly string[]
  /** Text evaluated at its start, before it listens. */
  script?: string
  graceMs?: number
  restart?: LocalProcess['restart']
  /** None when absent. */
  limits?: LocalProcess['limits']
  /** Runs once instead of listening. */
  once?: boolean
}

/** A real process that answers /health on its port, notes its start and stop in a journal, and ends on SIGTERM. */
export function nodeService(options: NodeServiceOptions): LocalProcess {
  const { name, journal, port, once = false } = options
  const program = `
    const { appendFileSync, existsSync, writeFileSync } = require('node:fs')
    const { spawn } = require('node:child_process')
    const note = (event) => appendFileSync(${JSON.stringify(journal)}, '${name} ' + event + '\\n')
    note('starts')
    let healthy = true
    process.on('SIGTERM', () => { note('stops'); process.exit(0) })
    ${options.script ?? ''}
    ${
      once
        ? ''
        : `require('node:http').createServer((request, response) => {
      response.statusCode = healthy ? 200 : 503
      response.end(JSON.stringify({ healthy, reason: healthy ? null : 'told to be unwell' }))
    }).listen(${port}, '127.0.0.1', () => note('listens'))`
    }
  `
  return {
    name,
    role: 'backend',
    dependsOn: options.dependsOn ?? [],
    command: process.execPath,
    args: ['-e', program],
    env: {},
    files: [],
    prepare: [],
    startValues: [],
    classArchive: undefined,
    ports: port === undefined ? [] : [port],
    readiness: once ? { kind: 'exit' } : { kind: 'http', url: `http://127.0.0.1:${port}/health` },
    restart: options.restart ?? (once ? 'never' : 'always'),
    graceMs: options.graceMs ?? 5000,
    nice: 0,
    limits: options.limits ?? { memoryBytes: 0, cpus: 0, reservedCpus: 0 },
  }
}

/** What the services have noted so far, oldest first. */
export function readJournal(journal: string): string[] {
  try {
    return readFileSync(journal, 'utf8').trimEnd().split('\n')
  } catch {
    return []
  }
}
