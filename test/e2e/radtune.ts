import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')

const LONGEST_MS = 300_000

export interface RunResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the built `radtune` in `project`, as a user would, piped; on the local runtime unless the environment says otherwise. */
export function runRadtune(
  project: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: project,
      env: { RADTUNE_RUNTIME: 'local', ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A command that hangs is a fault, and is shown as one.
      timeout: LONGEST_MS,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The one JSON document that `--json` prints. */
export async function runJson(
  project: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<{ result: RunResult; document: Envelope }> {
  const result = await runRadtune(project, [...args, '--json'], options)
  try {
    return { result, document: JSON.parse(result.stdout) as Envelope }
  } catch (error) {
    throw new Error(
      `radtune ${args.join(' ')} printed no JSON document (exit ${result.code})\n${result.stdout}\n${result.stderr}`,
      { cause: error },
    )
  }
}

export interface Envelope {
  schema: string
  ok: boolean
  exitCode: number
  // biome-ignore lint/suspicious/noExplicitAny: each test states the shape it expects
  data: any
  warnings: string[]
  error: { code: string; message: string } | null
}

/** A project folder of its own, and `radtune down` at the end whatever happened. */
export async function withProject<T>(
  use: (project: string) => Promise<T>,
  options: { env?: NodeJS.ProcessEnv } = {},
): Promise<T> {
  const project = await mkdtemp(join(tmpdir(), 'radtune-e2e-'))
  try {
    return await use(project)
  } finally {
    await runRadtune(project, ['down'], options)
    await rm(project, { recursive: true, force: true })
  }
}
