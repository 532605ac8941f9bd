import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A program on a pseudo-terminal of its own. */
export interface Terminal {
  /** Of the program itself. */
  pid: number
  /** `performance.now()` just before it was started. */
  startedAt: number
  type(keys: string): void
  /** Milliseconds from `since` until what it has drawn from then on matches; throws when that takes longer than `withinMs`. */
  untilShown(text: RegExp, options: { since: number; withinMs: number }): Promise<number>
  end(): Promise<void>
}

/** Starts a program on a terminal of 120×40 by means of `script` of util-linux. What it draws goes nowhere. */
export async function openTerminal(
  command: readonly string[],
  { folder, env = {} }: { folder: string; env?: NodeJS.ProcessEnv },
): Promise<Terminal> {
  const pidFile = join(folder, 'terminal.pid')
  const program = command.map((word) => `'${word}'`).join(' ')
  const shell = `stty cols 120 rows 40; echo $$ > '${pidFile}'; exec ${program}`
  const drawn: { at: number; text: string }[] = []
  const startedAt = performance.now()
  const child = spawn('script', ['-qefc', shell, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    drawn.push({ at: performance.now(), text })
    // An hour of frames is not kept; nobody waits for so long.
    if (drawn.length > 200) drawn.shift()
  })
  const pid = await pidIn(pidFile)
  await rm(pidFile)
  return {
    pid,
    startedAt,
    type: (keys) => child.stdin.write(keys),
    async untilShown(text, { since, withinMs }) {
      while (performance.now() < since + withinMs) {
        let shown = ''
        for (const chunk of drawn) {
          if (chunk.at < since) continue
          shown += chunk.text
          if (text.test(shown)) return chunk.at - since
        }
        await delay(5)
      }
      throw new Error(`${text} was not shown within ${withinMs} ms`)
    },
    async end() {
      if (child.exitCode === null) process.kill(pid, 'SIGTERM')
      await ended
    },
  }
}

async function pidIn(file: string): Promise<number> {
  for (const end = performance.now() + 5_000; performance.now() < end; await delay(5)) {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (pid > 0) return pid
  }
  throw new Error('the terminal did not start; is `script` of util-linux there?')
}
