import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runJson, withProject } from './radtune.ts'
import { openTerminal } from './terminal.ts'

const root = join(import.meta.dirname, '../..')

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
