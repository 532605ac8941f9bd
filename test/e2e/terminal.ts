import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, vi } from 'vitest'

const run = promisify(execFile)

/** A real terminal of a given size, by tmux, that runs one shell command. */
export async function openTerminal(
  size: { columns: number; rows: number },
  command: string,
  environment: Readonly<Record<string, string>> = {},
) {
  const name = `radtune-${randomUUID()}`
  // A server of its own: the caller's tmux and its settings stay out of it.
  const tmux = (...args: string[]) => run('tmux', ['-L', name, '-f', '/dev/null', ...args])
  const { columns, rows } = size
  const env: NodeJS.ProcessEnv = { ...process.env, LANG: 'C.UTF-8', ...environment }
  delete env.CI
  const session = ['new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, command]
  await run('tmux', ['-L', name, '-f', '/dev/null', ...session], { env })
  const close = () =>
    tmux('kill-server').then(
      () => undefined,
      () => undefined,
    )
  onTestFinished(close)
  const screen = async () => (await tmux('capture-pane', '-p')).stdout
  const told = async (variable: string) =>
    (await tmux('display-message', '-p', `#{${variable}}`)).stdout.trim()
  return {
    screen,
    close,
    /** With the codes of colours and the like. */
    colours: async () => (await tmux('capture-pane', '-p', '-e')).stdout,
    press: (...keys: string[]) => tmux('send-keys', ...keys),
    resize: (to: { columns: number; rows: number }) =>
      tmux('resize-window', '-x', `${to.columns}`, '-y', `${to.rows}`),
    until: (text: RegExp, timeout = 20_000) =>
      vi.waitFor(
        async () => {
          const shown = await screen()
          expect(shown).toMatch(text)
          return shown
        },
        { timeout, interval: 100 },
      ),
    alternateScreen: async () => (await told('alternate_on')) === '1',
    cursorShown: async () => (await told('cursor_flag')) === '1',
    /** The process that the shell runs now. */
    async child(): Promise<number> {
      const shell = await told('pane_pid')
      const children = await readFile(`/proc/${shell}/task/${shell}/children`, 'utf8')
      return Number(children.trim().split(' ')[0])
    },
  }
}
