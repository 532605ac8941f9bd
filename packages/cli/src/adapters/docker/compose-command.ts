import { spawn } from 'node:child_process'
import { RadtuneError } from '@radtune/core/errors'

/** The compose plugin that understands what radtune writes. */
const OLDEST_COMPOSE = [2, 20] as const

export interface ComposeProject {
  name: string
  file: string
}

/** Runs `docker compose` on a project to its end. Throws ComposeFailure with what it said; the signal's reason when aborted. */
export async function runCompose(
  { name, file }: ComposeProject,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const { code, output } = await runDocker(
    ['compose', '--project-name', name, '--file', file, '--progress', 'plain', ...args],
    signal,
  )
  signal?.throwIfAborted()
  if (code !== 0) throw new ComposeFailure(code, output)
}

export class ComposeFailure extends Error {
  override readonly name = 'ComposeFailure'
  readonly lines: readonly string[]

  constructor(code: number | null, output: string) {
    super(`docker compose ended with exit code ${code}`)
    this.lines = output
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  }
}

/** Throws RT-DOCKER-003 when there is no compose plugin, or one that is too old. */
export async function requireCompose(): Promise<string> {
  const { code, output } = await runDocker(['compose', 'version', '--short']).catch((error: Error) => ({
    code: -1,
    output: error.message,
  }))
  const version = /v?(\d+)\.(\d+)\S*/.exec(output)
  const known = version && code === 0
  if (known && !isOlder([Number(version[1]), Number(version[2])], OLDEST_COMPOSE)) return version[0]
  throw new RadtuneError('RT-DOCKER-003', {
    what: known ? `docker compose ${version[0]} is too old` : 'the docker command has no compose plugin',
    why: known
      ? `${OLDEST_COMPOSE.join('.')} or newer is needed`
      : (output.trim().split('\n').at(-1) ?? `exit code ${code}`),
  })
}

function isOlder([major, minor]: readonly [number, number], than: readonly [number, number]): boolean {
  return major < than[0] || (major === than[0] && minor < than[1])
}

/** Runs the docker command; answers its exit code and both its streams. Interrupted, and at last killed, when aborted. */
export function runDocker(
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, COMPOSE_ANSI: 'never', DOCKER_CLI_HINTS: 'false' },
      // Ctrl-C is for radtune, which then ends this in its order.
      detached: true,
    })
    let output = ''
    const keep = (text: string) => {
      output = (output + text).slice(-64 * 1024)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const interrupt = () => {
      child.kill('SIGINT')
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref()
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    if (signal?.aborted) interrupt()
    child.once('error', reject)
    child.once('close', (code) => {
      signal?.removeEventListener('abort', interrupt)
      resolve({ code, output })
    })
  })
}

const KILL_AFTER_MS = 5000
