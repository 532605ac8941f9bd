import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recordingLine } from '@radtune/core/metrics'
import { describe, expect, it, vi } from 'vitest'
import { monitorStack } from '../../packages/cli/src/services/monitor-stack.ts'
import { runningWorld } from '../../packages/cli/test/running-world.ts'
import { runRadtune, withProject } from './radtune.ts'
import { openTerminal } from './terminal.ts'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')
const SMALL = { columns: 80, rows: 24 }
const LARGE = { columns: 120, rows: 40 }

/** A recording of a stack in memory, so that no stack needs to run. */
async function writeRecording(file: string, count: number): Promise<void> {
  const lines: string[] = []
  const signal = new AbortController().signal
  for await (const { snapshot, evaluator } of monitorStack(await runningWorld(), {
    pace: { intervalMs: 1000 },
    signal,
  })) {
    if (lines.length === 0)
      lines.push(
        recordingLine({
          schema: 'radtune.recording/1',
          version: '0.0.0',
          profile: '4c8g',
          startedAt: snapshot.at,
          intervalMs: 1000,
          targets: evaluator.targets,
        }),
      )
    lines.push(recordingLine(snapshot))
    if (lines.length > count) break
  }
  await writeFile(file, lines.join(''))
}

/** The monitor of a recording in a shell that says afterwards how it ended and what the terminal is like. */
async function openMonitor(
  project: string,
  { size = SMALL, flags = '--speed 0x', environment = {}, before = '' } = {},
) {
  const file = join(project, 'run.ndjson')
  if (!existsSync(file)) await writeRecording(file, 30)
  const terminal = await openTerminal(
    size,
    `cd ${project}; echo what was there before; ${before} ${process.execPath} ${bin} monitor --replay run.ndjson ${flags}; echo "ended with $?"; stty -a; sleep 100`,
    environment,
  )
  return {
    ...terminal,
    /** It has ended so, and the terminal is as it was. */
    async endedWith(code: number) {
      const shown = await terminal.until(new RegExp(`ended with ${code}\\b`))
      expect(shown).toContain('what was there before')
      expect(shown).toMatch(/[^-]icanon/)
      expect(shown).toMatch(/[^-]echo /)
      expect(await terminal.alternateScreen()).toBe(false)
      expect(await terminal.cursorShown()).toBe(true)
      return shown
    },
  }
}

describe('the monitor in a terminal', { timeout: 60_000 }, () => {
  it('draws the whole screen, follows keys and a resize, and leaves the terminal in order at q', async () => {
    await withProject(async (project) => {
      const terminal = await openMonitor(project, { size: LARGE })
      await terminal.until(/END 1s.*UTC/)
      await terminal.until(/3 partitions/)
      expect(await terminal.alternateScreen()).toBe(true)
      await terminal.press('Down', 'Down', 's')
      await terminal.until(/>worker-2/)
      await terminal.resize(SMALL)
      const small = await terminal.until(/ \? help {2}q quit/)
      expect(small).toMatch(/>worker-2/)
      expect(small.split('\n').every((line) => [...line].length <= 80)).toBe(true)
      await terminal.press('Enter')
      await terminal.until(/─ worker-2 ─/)
      await terminal.press('Escape', '<')
      await terminal.until(/PAUSED/)
      await terminal.press('w')
      const [, name] = /written to (radtune-monitor-\S+\.txt)/.exec(await terminal.until(/written to/)) ?? []
      expect(existsSync(join(project, name ?? ''))).toBe(true)
      await terminal.press('q')
      await terminal.endedWith(0)
    })
  })

  it('leaves the terminal in order at Ctrl-C and at SIGTERM', async () => {
    await withProject(async (project) => {
      const interrupted = await openMonitor(project)
      await interrupted.until(/END 1s/)
      await interrupted.press('C-c')
      await interrupted.endedWith(0)
      const ended = await openMonitor(project)
      await ended.until(/END 1s/)
      process.kill(await ended.child(), 'SIGTERM')
      await ended.endedWith(143)
    })
  })

  it.each([
    ['an error is thrown', 'throw new Error("planted")', 1, /planted/],
    ['a promise is rejected', 'Promise.reject(new Error("planted"))', 1, /planted/],
    ['the process exits', 'process.exit(3)', 3, /ended/],
  ])('leaves the terminal in order when %s in the middle of it', async (_, planted, code, said) => {
    await withProject(async (project) => {
      const hook = `process.on("SIGUSR2", () => { ${planted} })`
      const terminal = await openMonitor(project, {
        before: `NODE_OPTIONS='--import=data:text/javascript,${encodeURIComponent(hook)}'`,
      })
      await terminal.until(/END 1s/)
      process.kill(await terminal.child(), 'SIGUSR2')
      expect(await terminal.endedWith(code)).toMatch(said)
    })
  })

  it('ends with its terminal', async () => {
    await withProject(async (project) => {
      const terminal = await openMonitor(project)
      await terminal.until(/END 1s/)
      const pid = await terminal.child()
      await terminal.close()
      await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 10_000 })
    })
  })

  it('has no colours with NO_COLOR, and no escape codes when it is piped', async () => {
    await withProject(async (project) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
      const colour = /\u001b\[[\d;]*3[0-7]m/
      const coloured = await openMonitor(project)
      await coloured.until(/END 1s/)
      expect(await coloured.colours()).toMatch(colour)
      const plain = await openMonitor(project, { environment: { NO_COLOR: '1' } })
      await plain.until(/END 1s/)
      expect(await plain.colours()).not.toMatch(colour)
      const piped = await runRadtune(project, ['monitor', '--replay', 'run.ndjson', '--speed', '0x'])
      expect(piped.stdout).not.toContain('\u001b')
      expect(piped.stdout.trimEnd().split('\n')).toHaveLength(30)
    })
  })
})
