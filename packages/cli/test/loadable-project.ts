import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createMemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { type CommandOptions, type CommandRun, emptyFolder, runCommand } from './run-command.ts'

/** Does something when a command says something; `interrupt` is Ctrl-C. */
interface Meanwhile {
  says: string
  act: () => unknown | 'interrupt'
}

/** A project on a memory world whose provider follows its rate, on the clock of that world. */
export function createLoadableProject() {
  const memory = createMemoryWorld()
  memory.machine.memoryBytes = 16 * 1024 ** 3
  memory.pipeline.followsRate = true
  const workingDir = emptyFolder()
  const file = (name: string) => join(workingDir, '.radtune', name)
  const inForce = (key: string) => {
    const record = memory.topic.records.filter((one) => one.key === key).at(-1)
    return record?.value ? JSON.parse(record.value).value : undefined
  }

  async function run(
    argv: readonly string[],
    { at, terminalColumns: columns }: { at?: Meanwhile } & Pick<CommandOptions, 'terminalColumns'> = {},
  ): Promise<CommandRun> {
    let interrupt: ((signal: 'SIGINT') => void) | undefined
    let done = false
    const said = { stdout: '', stderr: '' }
    const take = (stream: keyof typeof said, text: string) => {
      said[stream] += text
      if (!at || done || !text.includes(at.says)) return true
      done = true
      if (at.act() === 'interrupt') interrupt?.('SIGINT')
      return true
    }
    const style = columns === undefined ? {} : { isTTY: true, columns }
    const answer = await runCommand(argv, {
      workingDir,
      world: {
        stackWorld: async () => memory,
        host: memory.host,
        clock: memory.clock,
        stdout: { write: (text: string) => take('stdout', text), ...style },
        stderr: { write: (text: string) => take('stderr', text), ...style },
        onInterrupt: (listener) => {
          interrupt = listener
          return () => undefined
        },
      },
    })
    return { ...answer, ...said }
  }

  return {
    memory,
    workingDir,
    run,
    /** A file of `.radtune/`. */
    file,
    place(name: string, text: string) {
      mkdirSync(dirname(file(name)), { recursive: true })
      writeFileSync(file(name), text)
    },
    /** What the settings topic says. */
    inForce,
    async up(...flags: string[]) {
      const { exitCode, stderr } = await run(['up', '--quiet', ...flags])
      if (exitCode !== 0) throw new Error(stderr)
    },
    /** What a measurement must leave as it was. */
    untouched: () => ({
      rate: inForce('provider.rate'),
      slots: inForce('pipeline.parallelism'),
      settings: memory.project.launch?.spec.settings,
      services: memory.project.launch?.spec.services,
      overlay: existsSync(file('overlay.yaml')) ? readFileSync(file('overlay.yaml'), 'utf8') : undefined,
      borrowed: existsSync(file('borrowed.json')),
      holder: memory.project.holder,
    }),
  }
}

export type LoadableProject = ReturnType<typeof createLoadableProject>

/** A text as if it had not been broken into lines. */
export function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
