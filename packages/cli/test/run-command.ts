import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll } from 'vitest'
import { runRadtune } from '../src/run-radtune.ts'
import { createWorld, type World } from '../src/world.ts'

/** What a user would have seen. */
export interface CommandRun {
  stdout: string
  stderr: string
  exitCode: number
}

export interface CommandOptions {
  environment?: Record<string, string>
  /** A fresh empty folder when left out. */
  workingDir?: string
  /** Makes both streams terminals of this width. */
  terminalColumns?: number
  /** Replaces parts of the world. */
  world?: Partial<World>
}

/** Runs one command line in this process on the sources, in an empty folder and an empty environment. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandRun> {
  const workingDir = options.workingDir ?? emptyFolder()
  const stdout = listeningStream(options.terminalColumns)
  const stderr = listeningStream(options.terminalColumns)
  const world: World = {
    ...(await createWorld()),
    environment: options.environment ?? {},
    workingDir,
    stdin: new PassThrough(),
    stdout,
    stderr,
    stateDir: join(workingDir, 'state'),
    userConfigFile: join(workingDir, 'config.yaml'),
    clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), sleep: () => Promise.resolve() },
    onInterrupt: () => () => {},
    ...options.world,
  }
  const root = join(import.meta.dirname, '..')
  const exitCode = await runRadtune(argv, { world, root, commands: sourceCommands() })
  return { stdout: stdout.text(), stderr: stderr.text(), exitCode }
}

/** A new folder that is gone when the tests have ended. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'radtune-command-'))
  folders.push(folder)
  return folder
}

/** The commands of src/commands, as they stand there. */
export function sourceCommands() {
  const folder = join(import.meta.dirname, '..', 'src', 'commands')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.replaceAll('\\', '/').replace(/\.ts$/, ''))
  const byId = new Map(files.map((file) => [file.replace(/\/index$/, '').replaceAll('/', ':'), file]))
  return {
    ids: [...byId.keys()].sort(),
    load: async (id: string) =>
      (await import(/* @vite-ignore */ join(folder, `${byId.get(id)}.ts`))).default as unknown,
  }
}

function listeningStream(columns: number | undefined) {
  let text = ''
  return {
    write(chunk: string) {
      text += chunk
      return true
    },
    ...(columns === undefined ? {} : { isTTY: true, columns }),
    text: () => text,
  }
}

const folders: string[] = []

// Of the test file that imports this. The process of the tests is ended without being asked, so its own end is too late.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
