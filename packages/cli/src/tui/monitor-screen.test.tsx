import { render } from 'ink-testing-library'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DrawnTerminal } from '../../test/drawn-terminal.ts'
import { runningWorld } from '../../test/running-world.ts'
import { createMemoryWorld } from '../adapters/memory/memory-world.ts'
import { plannedSpec } from '../adapters/memory/planned-spec.ts'
import { lineChart } from '../output/line-chart.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { judgeMoment } from '../services/advise-stack.ts'
import { NOTHING_RUNS } from '../services/collect-snapshots.ts'
import { type Moment, monitorStack } from '../services/monitor-stack.ts'
import { MONITOR_KEYS } from './monitor-keys.ts'
import { firstLook, graphsOf, type Look } from './monitor-look.ts'
import { createMonitorStore } from './monitor-store.ts'
import { MonitorScreen } from './screens/MonitorScreen.ts'
import { sparkline } from './view-models/graphs.ts'
import { monitorView } from './view-models/monitor-view.ts'
import { textOf, widthOf } from './view-models/styled-line.ts'

const open: { unmount(): void }[] = []

afterEach(() => {
  for (const screen of open.splice(0)) screen.unmount()
})

/** Moments of a running stack in memory, one a second. */
async function momentsOf(count: number): Promise<Moment[]> {
  return await collect(await runningWorld(), count)
}

async function collect(world: StackWorld, count: number): Promise<Moment[]> {
  const moments: Moment[] = []
  const signal = new AbortController().signal
  for await (const moment of monitorStack(world, { pace: { intervalMs: 1000 }, signal })) {
    moments.push(moment)
    if (moments.length === count) break
  }
  return moments
}

const [DOWN, CTRL_C, ESCAPE, ENTER, BACKSPACE] = ['\u001b[B', '\u0003', '\u001b', '\r', '\u007f']
const SIZES = [
  [40, 10],
  [60, 16],
  [80, 24],
  [100, 30],
  [120, 40],
  [250, 70],
] as const
const FOOTER = MONITOR_KEYS.filter(({ footer }) => footer)

function draw(terminal = new DrawnTerminal()) {
  const store = createMonitorStore()
  const onQuit = vi.fn()
  const pace = vi.fn((by: number) => `paced ${by}`)
  const save = vi.fn(async (_frame: string) => 'written to frame.txt')
  const logs = { opened: [] as (readonly string[])[], closed: 0, problem: undefined as Error | undefined }
  async function* linesUntil(signal: AbortSignal) {
    yield { service: 'worker-1', text: 'first line' }
    yield { service: 'worker-1', text: '\u001b[31msecond\u0007 line 漢字' }
    const entry = {
      level: 40,
      time: Date.UTC(2026, 10, 22, 14, 0, 1, 500),
      msg: 'coordinator is loading',
      slot: 1,
    }
    yield { service: 'worker-1', text: JSON.stringify(entry) }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    logs.closed += 1
  }
  const screen = render(
    <MonitorScreen
      store={store}
      terminal={terminal}
      colour
      intervalMs={() => 1000}
      replayed={false}
      pace={pace}
      save={save}
      openLogs={async (services, signal) => {
        if (logs.problem) throw logs.problem
        logs.opened.push(services)
        return linesUntil(signal)
      }}
      onQuit={onQuit}
    />,
  )
  open.push(screen)
  const sees = async (text: string | RegExp) =>
    await vi.waitFor(() => expect(terminal.frame).toMatch(new RegExp(text)), { timeout: 5000 })
  const press = (...keys: string[]) => {
    for (const key of keys) screen.stdin.write(key)
  }
  return { store, onQuit, pace, save, logs, screen, press, terminal, sees }
}

const timeOf = ({ snapshot }: Moment) => new Date(snapshot.at).toISOString().slice(11, 19)

describe('the monitor screen', () => {
  test('says at once that it asks, and then follows what comes', async () => {
    const { store, sees } = draw()
    await sees('asking the stack')
    for (const moment of await momentsOf(3)) {
      store.add(moment)
      await sees(`LIVE 1s.*${timeOf(moment)}`)
    }
    await sees(/ \? help {2}q quit/)
  })

  test('holds a moment while others come, steps through the past, and comes back', async () => {
    const [first, second, third, fourth] = (await momentsOf(4)) as [Moment, Moment, Moment, Moment]
    const { store, screen, sees } = draw()
    for (const moment of [first, second, third]) store.add(moment)
    await sees(timeOf(third))
    screen.stdin.write(' ')
    await sees(`PAUSED 1s.*${timeOf(third)}`)
    store.add(fourth)
    screen.stdin.write('<')
    await sees(`PAUSED 1s.*${timeOf(second)}`)
    screen.stdin.write('[')
    await sees(`PAUSED 1s.*${timeOf(first)}`)
    screen.stdin.write(']')
    await sees(`LIVE 1s.*${timeOf(fourth)}`)
  })

  test('explains its keys and words, and ends at q and Ctrl-C only', async () => {
    const { store, press, sees, onQuit } = draw()
    for (const moment of await momentsOf(1)) store.add(moment)
    press('?')
    await sees(/space {4}pause/)
    await sees('never 0')
    press('x', '?')
    await sees('LIVE 1s')
    expect(onQuit).not.toHaveBeenCalled()
    press('q')
    await vi.waitFor(() => expect(onQuit).toHaveBeenCalledTimes(1))
    press(CTRL_C)
    await vi.waitFor(() => expect(onQuit).toHaveBeenCalledTimes(2))
  })

  test('chooses a row, opens it, and keeps the choice through a resize and a new order', async () => {
    const moments = await momentsOf(5)
    const { store, press, sees, terminal } = draw()
    for (const moment of moments.slice(0, 4)) store.add(moment)
    await sees('>kafka')
    press(DOWN, DOWN)
    await sees('>worker-2')
    press('s', 's')
    await sees('services {2}sort cpu v')
    await sees('>worker-2')
    press('r')
    await sees('sort cpu \\^')
    terminal.resize(120, 40)
    store.add(moments[4] as Moment)
    await sees('>worker-2')
    press(ENTER)
    await sees('─ worker-2 ─')
    await sees(/limits +1.5 CPU, 2 GiB, advisory/)
    await sees(/partitions +0$/m)
    await sees(/CPU of worker-2 17 %, last 2m, limit 80 %/)
    press(ESCAPE)
    await sees('2 services')
  })

  test.each([
    ['1', DOWN, ['─ out ─', /last 1m +mean/, /limit +not judged/]],
    ['3', DOWN, ['partition 1 of the input', /owner +worker-1/, /lag +\d+, /]],
    ['4', DOWN, ['slot worker-2/0', /could do +[\d,]+\/s at this cost/]],
  ])('panel %s opens its chosen row with facts and charts', async (panel, move, texts) => {
    const { store, press, sees } = draw()
    for (const moment of await momentsOf(3)) store.add(moment)
    press(panel, move, ENTER)
    for (const text of texts) await sees(text)
    press('\t')
    await sees(/─ flow ─/)
  })

  test('events are listed, and one is opened with what it is about', async () => {
    const { store, press, sees } = draw()
    const moments = await momentsOf(1)
    const moment = moments[0] as Moment
    const event = {
      at: moment.snapshot.at,
      severity: 'crit' as const,
      kind: 'threshold' as const,
      subject: 'p99',
      sentence: 'p99 1.2 s, over 100 ms',
    }
    store.add({ ...moment, evaluation: { ...moment.evaluation, events: [event] } })
    press('5', ENTER)
    await sees('threshold of p99')
    await sees(/how bad +crit/)
    await sees(/p99 41 ms, last 2m/)
  })

  test('filters rows as one types, and takes it back', async () => {
    const { store, press, sees, terminal } = draw()
    for (const moment of await momentsOf(2)) store.add(moment)
    press('/', 'work')
    await sees('filter: work')
    await sees('1-2 of 2')
    expect(terminal.frame).not.toMatch(/^.kafka +healthy/m)
    press(BACKSPACE, ENTER)
    await sees('services {2}/wor')
    press('/', 'xyz', ENTER)
    await sees('nothing matches the filter')
    press(ESCAPE)
    await sees('1-6 of 6')
  })

  test('a panel has the screen to itself, numbers are in full, graphs are what the terminal has', async () => {
    const { store, press, sees, terminal } = draw()
    for (const moment of await momentsOf(3)) store.add(moment)
    press('3', 'e', 'u')
    await sees('partition 0 of the input')
    await sees(/3 partitions/)
    expect(terminal.frame).not.toContain('NAME')
    press('e', 'u', '1', 'e')
    await sees(/rejects/)
    press('g')
    await sees('graphs are block')
    await sees('█')
    press('g')
    await sees('graphs are plain')
    const graphs = terminal.frame.split('\n').filter((line) => /^.in /.test(line))
    expect(graphs[0]).toMatch(/#/)
  })

  test('shows the logs of the chosen service, as text, and stops reading them', async () => {
    const { store, press, sees, logs } = draw()
    for (const moment of await momentsOf(2)) store.add(moment)
    press(DOWN, 'l')
    await sees('logs of worker-1')
    await sees('first line')
    await sees('second line 漢字')
    await sees('14:00:01.500 WARN coordinator is loading slot=1')
    expect(logs.opened).toEqual([['worker-1']])
    press('/', 'coord', ENTER)
    await sees('1-1 of 1')
    press(ESCAPE)
    await sees('2 services')
    await vi.waitFor(() => expect(logs.closed).toBe(1))
  })

  test('shows the advice that there is, and how much of it', async () => {
    const { store, press, sees } = draw()
    const moment = (await momentsOf(40)).at(-1) as Moment
    store.add(moment)
    press('a')
    await sees('the rules have not been asked yet')
    const judged = judgeMoment(moment, { spec: plannedSpec('4c8g') })
    store.judge(judged)
    store.compare(2)
    await sees('drift 2')
    await sees('Measured 39 s')
    await sees('Bottleneck: no bottleneck: 31 % busy')
    const [step] = judged.advice.steps
    press(ESCAPE)
    await sees(step ? `a: advice ${judged.advice.steps.length}` : '─ flow ─')
  })

  test('says why there are no logs', async () => {
    const { store, press, sees, logs } = draw()
    for (const moment of await momentsOf(1)) store.add(moment)
    logs.problem = new Error('a recording has none')
    press('l')
    await sees('the logs cannot be read: a recording has none')
  })

  test('changes the pace, and writes what is seen into a file', async () => {
    const { store, press, sees, pace, save } = draw()
    for (const moment of await momentsOf(2)) store.add(moment)
    press('+')
    await sees('paced 1')
    press('-')
    await sees('paced -1')
    expect(pace.mock.calls).toEqual([[1], [-1]])
    press('w')
    await sees('written to frame.txt')
    expect(save.mock.calls[0]?.[0]).toMatch(/^ radtune {2}4c8g \/ worker \/ local/)
  })

  test('a replay waits while a moment of it is held, and goes on by steps', async () => {
    const store = createMonitorStore({ replayed: true })
    const moments = await momentsOf(3)
    store.add(moments[0] as Moment)
    expect(store.wanted()).toBe('next')
    store.togglePause()
    expect(store.wanted()).toBe('none')
    store.step(1)
    expect(store.wanted()).toBe('soon')
    store.add(moments[1] as Moment)
    expect(store.wanted()).toBe('none')
    expect(store.current().moment?.snapshot.at).toBe(moments[1]?.snapshot.at)
    store.togglePause()
    expect(store.wanted()).toBe('next')
  })

  test('keeps ten minutes, compressed, and a held moment stays while it is among them', async () => {
    const [first] = (await momentsOf(1)) as [Moment]
    const store = createMonitorStore()
    const at = (second: number): Moment => ({
      ...first,
      snapshot: { ...first.snapshot, at: first.snapshot.at + second * 1000 },
    })
    store.add(at(0))
    store.togglePause()
    for (let second = 1; second < 600; second += 1) store.add(at(second))
    expect(store.current().moment?.snapshot).toEqual(at(0).snapshot)
    store.add(at(600))
    expect(store.current().moment?.snapshot.at).toBe(at(1).snapshot.at)
    store.step(-10)
    expect(store.current().moment?.snapshot.at).toBe(at(1).snapshot.at)
    store.togglePause()
    expect(store.current().moment).toEqual(at(600))
  })
})

describe('the layout', () => {
  test('stays in the room that it has, from one line to a large screen, and follows a resize', async () => {
    const moments = await momentsOf(5)
    const moment = moments.at(-1) as Moment
    const views: Partial<Look>[] = [
      {},
      { view: 'detail' },
      { view: 'logs' },
      { view: 'detail', panel: 'flow' },
      { panel: 'slots' },
      { panel: 'partitions', expanded: true },
      { panel: 'flow', expanded: true, graphs: 'plain' },
      { typing: true, filter: '漢字'.repeat(40) },
    ]
    for (const [columns, rows] of SIZES) {
      for (const change of views) {
        const look = { ...firstLook('braille'), ...change }
        const logs = [{ service: 'kafka', text: `漢字 ${'x'.repeat(300)}` }]
        const screen = { look, keys: MONITOR_KEYS, logs, judged: undefined }
        const view = { moment, intervalMs: 1000, mode: 'LIVE', screen }
        const lines = monitorView(view, { columns, rows })
        const what = `${columns}×${rows} ${JSON.stringify(change)}`
        expect(lines.length, what).toBe(columns < 60 || rows < 16 ? 1 : rows - 1)
        for (const line of lines) expect(widthOf(line), what).toBeLessThanOrEqual(columns)
      }
    }
    const large = draw(new DrawnTerminal(120, 40))
    large.store.add(moment)
    await large.sees('─ 3 partitions')
    await large.sees(/worker-2\/0 /)
    await large.sees(/in, last 2m/)
    const { store, terminal, sees } = draw()
    store.add(moment)
    await sees('services')
    terminal.resize(50, 12)
    await sees(/lag .*\(q quit\)/)
  })

  test.each([
    ['screen', 120, 40, {}],
    ['service', 80, 24, { view: 'detail' as const, chosen: { services: 'worker-1' } }],
  ])('the %s at %i×%i', async (name, columns, rows, change) => {
    const moment = (await momentsOf(90)).at(-1) as Moment
    const screen = { look: { ...firstLook('braille'), ...change }, keys: FOOTER, logs: [], judged: undefined }
    const lines = monitorView({ moment, intervalMs: 1000, mode: 'LIVE', screen }, { columns, rows })
    const text = lines.map((line) => textOf(line).trimEnd()).join('\n')
    await expect(`${text}\n`).toMatchFileSnapshot(`__frames__/monitor-${name}-${columns}x${rows}.txt`)
  })

  test('what is not known is n/a with a why, in every panel', async () => {
    const world = createMemoryWorld()
    const [moment] = await collect(world, 1)
    const screen = { look: firstLook('block'), keys: FOOTER, logs: [], judged: undefined }
    const lines = monitorView(
      { moment: moment as Moment, intervalMs: 1000, mode: 'LIVE', screen },
      { columns: 120, rows: 40 },
    )
    const text = lines.map(textOf).join('\n')
    expect(text).toContain(`n/a (${NOTHING_RUNS})`)
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
  })
})

describe('graphs', () => {
  test.each(['braille', 'block', 'plain'] as const)('%s tell nothing of what is not known', (style) => {
    const cell = { min: 1, max: 1, last: 1 }
    expect(sparkline([null, null, null, null], style).trim()).toBe('')
    expect(sparkline([null, null, cell, cell], style).trimStart()).toHaveLength(style === 'braille' ? 1 : 2)
    const options = { columns: 40, rows: 6, plain: style === 'plain', label: String }
    expect(lineChart((width) => Array.from({ length: width }, () => null), options)).toBeUndefined()
    const lines = lineChart(
      (width) => Array.from({ length: width }, (_, at) => (at < 5 ? null : cell)),
      options,
    )
    expect(lines).toHaveLength(6)
    for (const line of lines ?? []) expect(line.length).toBeLessThanOrEqual(40)
  })

  test.each([
    [{ LANG: 'en_US.UTF-8', TERM: 'xterm-256color' }, 'braille'],
    [{ LC_ALL: 'C.UTF-8', LANG: 'C', TERM: 'linux' }, 'block'],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, 'plain'],
    [{}, 'plain'],
  ])('%j has %s', (environment, style) => {
    expect(graphsOf(environment)).toBe(style)
  })
})
