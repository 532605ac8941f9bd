import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

export const projectDir = join(import.meta.dirname, '..')

/** Runs a program in the project's folder with this terminal, and answers its exit code (128 + n when a signal ended it). */
export function runProgram(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: projectDir,
      stdio: 'inherit',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

/** A program of this project's node_modules. */
export function localProgram(name: string): string {
  return join(projectDir, 'node_modules', '.bin', name)
}

/** Builds what has changed; says nothing unless it fails. */
export function build(): Promise<number> {
  return runProgram(localProgram('turbo'), [
    'run',
    'build',
    '--output-logs=errors-only',
    '--log-order=grouped',
    '--ui=stream',
  ])
}
