import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runJson, withProject } from './radtune.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** A real terminal of a given size, by tmux, that runs one shell command. */
async function openTerminal(size: { columns: number; rows: number }, command: string) {
  const name = `radtune-${randomUUID()}`
  // A server of its own: the caller's tmux and its settings stay out of it.
  const tmux = (...args: string[]) => run('tmux', ['-L', name, '-f', '/dev/null', ...args])
  const { columns, rows } = size
  const env = { ...process.env }
  delete env.CI
  await run(
    'tmux',
    ['-L', name, '-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, command],
    {
      env,
    },
  )
  onTestFinished(() => tmux('kill-server').then(() => undefined))
  const screen = async () => (await tmux('capture-pane', '-p')).stdout
  return {
    screen,
    press: (key: string) => tmux('send-keys', key),
    until: (text: RegExp, timeout = 20_000) =>
      vi.waitFor(
        async () => {
          const shown = await screen()
          expect(shown).toMatch(text)
          return shown
        },
        { timeout, interval: 100 },
      ),
    alternateScreen: async () =>
      (await tmux('display-message', '-p', '#{alternate_on}')).stdout.trim() === '1',
    cursorShown: async () => (await tmux('display-message', '-p', '#{cursor_flag}')).stdout.trim() === '1',
  }
}

describe('npm start in a terminal', () => {
  it('brings the stack up, refreshes its status until q, and leaves terminal and stack in order', {
    timeout: 240_000,
  }, async () => {
    await withProject(async (project) => {
      const terminal = await openTerminal(
        { columns: 80, rows: 24 },
        `cd ${root} && npm start -- --project ${project} --port auto; echo "exit=$?"; stty -a | grep -o -- '-\\?echo\\b'; cat`,
      )
      await terminal.until(/= the sum of these/, 180_000)
      expect(await terminal.alternateScreen()).toBe(true)
      const countOf = (screen: string) => Number(/ in +([\d,]+) +=/.exec(screen)?.[1]?.replaceAll(',', ''))
      const before = countOf(await terminal.screen())
      await vi.waitFor(async () => expect(countOf(await terminal.screen())).toBeGreaterThan(before), {
        timeout: 15_000,
        interval: 200,
      })
      await terminal.press('q')
      const after = await terminal.until(/exit=0\s+echo/)
      expect(after).not.toContain('the sum of these')
      expect(await terminal.alternateScreen()).toBe(false)
      expect(await terminal.cursorShown()).toBe(true)
      const status = await runJson(project, ['status'])
      expect(status.document.data.services.map(({ state }: { state: string }) => state)).toEqual(
        Array(6).fill('healthy'),
      )
    })
  })
})
