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
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? signalExitCode(signal)))
  })
}

/** A program of this project's node_modules. */
export function localProgram(name: string): string {
  return join(projectDir, 'node_modules', '.bin', name)
}

/** Builds what has changed, and answers the exit code. Shows the build's own output only when it fails. */
export function build(): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(localProgram('turbo'), ['run', 'build', '--log-order=grouped', '--ui=stream'], {
      cwd: projectDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: quietTurbo(),
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const notice = setTimeout(() => process.stderr.write('building what has changed\n'), 300)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(notice)
      const exitCode = code ?? signalExitCode(signal)
      if (exitCode !== 0) process.stderr.write(Buffer.concat(chunks))
      resolve(exitCode)
    })
  })
}

function quietTurbo(): NodeJS.ProcessEnv {
  return { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
}

function signalExitCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal ? constants.signals[signal] : 0)
}
