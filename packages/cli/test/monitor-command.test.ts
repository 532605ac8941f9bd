import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRecording } from '@radtune/core/metrics'
import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { type CommandRun, emptyFolder, runCommand } from './run-command.ts'

let memory: MemoryWorld
/** Ends the command after so many lines, as Ctrl-C does. */
let mostLines: number
/** Called with the number of lines so far. */
let onLine: (count: number) => void

beforeEach(async () => {
  memory = createMemoryWorld()
  mostLines = 6
  onLine = () => undefined
  memory.machine.memoryBytes = 16 * 1024 ** 3
  expect((await run(['up', '--quiet'])).exitCode).toBe(0)
  await memory.clock.sleep(60_000)
})

function run(argv: readonly string[], workingDir = emptyFolder()): Promise<CommandRun> {
  let text = ''
  let interrupt: ((signal: 'SIGINT') => void) | undefined
  const stdout = {
    write(chunk: string) {
      text += chunk
      const count = text.split('\n').length - 1
      onLine(count)
      if (count === mostLines) interrupt?.('SIGINT')
      return true
    },
  }
  return runCommand(argv, {
    workingDir,
    world: {
      stackWorld: async () => memory,
      stdout,
      onInterrupt: (listener) => {
        interrupt = listener
        return () => undefined
      },
    },
  }).then((answer) => ({ ...answer, stdout: text }))
}

const lines = ({ stdout }: CommandRun) => stdout.trimEnd().split('\n')

describe('radtune monitor', () => {
  test('prints a line per interval until it is stopped', async () => {
    const answer = await run(['monitor'])
    expect(answer.exitCode).toBe(130)
    expect(lines(answer)).toHaveLength(6)
    expect(lines(answer)[3]).toMatch(
      /^2026-11-22T14:\d\d:\d\dZ ok in=1000\/s out=1000\/s lag=0 drain=0s p99=41ms cpu=40% mem=\d+% slots=31% rej=10% healthy=6\/6$/,
    )
    const times = lines(answer).map((line) => Date.parse(line.split(' ')[0] ?? ''))
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 1000, 2000, 3000, 4000, 5000])
  })

  test('says n/a of what it does not know, never 0', async () => {
    memory.pipeline.brokerDown = true
    memory.pipeline.silent.add('backend')
    const [, second] = lines(await run(['monitor', '--interval', '2s']))
    expect(second).toMatch(/ warn in=n\/a out=n\/a lag=n\/a drain=n\/a p99=n\/a .*rej=n\/a healthy=6\/6$/)
  })

  test('--json prints one document per line, each of the schema', async () => {
    const answer = await run(['monitor', '--json'])
    const documents = lines(answer)
      .slice(0, 4)
      .map((line) => answerSchemas['radtune.monitor/1'].parse(JSON.parse(line)))
    for (const { exitCode, ok, error } of documents)
      expect({ exitCode, ok, error }).toEqual({ exitCode: 0, ok: true, error: null })
    expect(documents[2]?.data?.evaluation.flow.in.now).toMatchObject({ value: 1000 })
    expect(documents[2]?.data?.snapshot.schema).toBe('radtune.snapshot/1')
  })

  test('--once draws a frame of 80×24 without colour', async () => {
    mostLines = 100
    const answer = await run(['monitor', '--once'])
    expect([answer.exitCode, answer.stderr]).toEqual([0, ''])
    expect(lines(answer).length).toBeLessThanOrEqual(23)
    for (const line of lines(answer)) expect([...line].length).toBeLessThanOrEqual(80)
    expect(answer.stdout).not.toContain('\u001b')
    await expect(answer.stdout).toMatchFileSnapshot('../src/tui/__frames__/monitor-80x24.txt')
  })

  test('--once ends with 3 when a threshold is crossed, and names it', async () => {
    mostLines = 100
    memory.pipeline.slotBusy = 0.95
    const answer = await run(['monitor', '--once'])
    expect(answer.exitCode).toBe(3)
    expect(answer.stdout).toMatch(/^ CRIT/m)
    expect(answer.stdout).toContain('busy time of the slots 95 %, over 80 %')
    expect(JSON.parse((await run(['monitor', '--once', '--json'])).stdout)).toMatchObject({
      exitCode: 3,
      data: { evaluation: { state: 'CRIT', alarms: [{ metric: 'slots' }] } },
    })
  })

  test('--once ends with 4 when nothing runs', async () => {
    mostLines = 100
    await run(['down'])
    const answer = await run(['monitor', '--once'])
    expect(answer.exitCode).toBe(4)
    expect(answer.stdout).toContain('nothing runs; radtune up starts it')
  })

  test('--until healthy ends with 0 as soon as it is', async () => {
    memory.runtime.change('worker-2', { condition: 'starting' })
    onLine = (count) => {
      if (count === 3) memory.runtime.change('worker-2', { condition: 'healthy' })
    }
    const answer = await run(['monitor', '--until', 'healthy'])
    expect(answer.exitCode).toBe(0)
    expect(lines(answer)).toHaveLength(4)
    expect(lines(answer).at(-1)).toContain('healthy=6/6')
  })

  test('--until healthy gives up with 5, and says what was missing', async () => {
    mostLines = 100
    memory.runtime.change('worker-2', { condition: 'unhealthy', reason: 'no partition is assigned' })
    const answer = await run(['monitor', '--until', 'healthy', '--timeout', '5s'])
    expect(answer.exitCode).toBe(5)
    expect(answer.stderr).toContain('RT-MON-003')
    expect(answer.stderr).toContain('worker-2 is unhealthy: no partition is assigned')
  })

  test('--self says what radtune itself uses', async () => {
    expect(lines(await run(['monitor', '--self']))[1]).toMatch(/ self-cpu=[\d.]+% self-mem=[\d.]+MiB$/)
  })

  test.each([
    [['--interval', '0.1s'], 'RT-CLI-003'],
    [['--interval', 'often'], 'RT-CLI-003'],
    [['--replay', 'x', '--speed', 'fast'], 'RT-CLI-003'],
    [['--speed', '2x'], 'RT-CLI-'],
    [['--timeout', '2s'], 'RT-CLI-'],
    [['--until', 'idle'], 'RT-CLI-003'],
    [['--record', 'a', '--replay', 'b'], 'RT-CLI-'],
    [['--replay', 'missing.ndjson'], 'RT-MON-001'],
  ])('refuses %j', async (argv, code) => {
    const answer = await run(['monitor', ...argv])
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain(code)
  })
})

describe('a recording', () => {
  test('replays to the same lines, with no stack', async () => {
    const folder = emptyFolder()
    const recorded = await run(['monitor', '--record', 'run.ndjson'], folder)
    const text = readFileSync(join(folder, 'run.ndjson'), 'utf8')
    expect(parseRecording(text, 'run.ndjson')).toMatchObject({
      header: { schema: 'radtune.recording/1', profile: '4c8g', intervalMs: 1000 },
      snapshots: { length: 6 },
      warnings: [],
    })
    memory = { ...memory, runtime: undefined as never }
    const replayed = await run(['monitor', '--replay', 'run.ndjson', '--speed', '0x'], folder)
    expect(replayed.exitCode).toBe(130)
    expect(lines(replayed)).toEqual(lines(recorded))
    mostLines = 100
    const frame = await run(['monitor', '--replay', 'run.ndjson', '--once'], folder)
    expect(frame.exitCode).toBe(0)
    expect(frame.stdout).toContain('REPLAY')
  })

  test('that was cut off is shown up to there, with a warning; other damage is refused with its line', async () => {
    const folder = emptyFolder()
    await run(['monitor', '--record', 'run.ndjson'], folder)
    mostLines = 100
    const text = readFileSync(join(folder, 'run.ndjson'), 'utf8')
    writeFileSync(join(folder, 'cut.ndjson'), text.slice(0, -40))
    const cut = await run(['monitor', '--replay', 'cut.ndjson', '--speed', '0x'], folder)
    expect(cut.exitCode).toBe(0)
    expect(lines(cut)).toHaveLength(5)
    expect(cut.stderr).toContain('cut.ndjson:7 is cut off')
    writeFileSync(join(folder, 'bad.ndjson'), text.replace('"at":', '"at'))
    const bad = await run(['monitor', '--replay', 'bad.ndjson'], folder)
    expect(bad.exitCode).toBe(2)
    expect(bad.stderr).toContain('bad.ndjson:2 is not a snapshot')
  })

  test('never overwrites a file', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'taken'))
    writeFileSync(join(folder, 'run.ndjson'), 'mine')
    for (const file of ['run.ndjson', 'taken'])
      expect((await run(['monitor', '--record', file], folder)).stderr).toContain('RT-MON-002')
    expect(readFileSync(join(folder, 'run.ndjson'), 'utf8')).toBe('mine')
  })
})
