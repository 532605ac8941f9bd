import { EventEmitter } from 'node:events'
import { render } from 'ink-testing-library'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { runningWorld } from '../../test/running-world.ts'
import { type Moment, monitorStack } from '../services/monitor-stack.ts'
import { createMonitorStore } from './monitor-store.ts'
import { MonitorScreen } from './screens/MonitorScreen.tsx'
import { monitorView } from './view-models/monitor-view.ts'

const open: { unmount(): void }[] = []

afterEach(() => {
  for (const screen of open.splice(0)) screen.unmount()
})

/** Moments of a running stack in memory, one a second. */
async function momentsOf(count: number): Promise<Moment[]> {
  const world = await runningWorld()
  const moments: Moment[] = []
  for await (const moment of monitorStack(world, {
    intervalMs: 1000,
    signal: new AbortController().signal,
  })) {
    moments.push(moment)
    if (moments.length === count) break
  }
  return moments
}

function draw(terminal = Object.assign(new EventEmitter(), { columns: 80, rows: 24 })) {
  const store = createMonitorStore()
  const onQuit = vi.fn()
  const screen = render(
    <MonitorScreen store={store} terminal={terminal} intervalMs={1000} replayed={false} onQuit={onQuit} />,
  )
  open.push(screen)
  const sees = async (text: string | RegExp) =>
    await vi.waitFor(() => expect(screen.lastFrame()).toMatch(new RegExp(text)), { timeout: 5000 })
  return { store, onQuit, screen, terminal, sees }
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
    const { store, screen, sees, onQuit } = draw()
    for (const moment of await momentsOf(1)) store.add(moment)
    screen.stdin.write('?')
    await sees(/space {3}pause/)
    await sees('never 0')
    screen.stdin.write('x')
    screen.stdin.write('?')
    await sees('LIVE 1s')
    expect(onQuit).not.toHaveBeenCalled()
    screen.stdin.write('q')
    await vi.waitFor(() => expect(onQuit).toHaveBeenCalledTimes(1))
    screen.stdin.write('\u0003')
    await vi.waitFor(() => expect(onQuit).toHaveBeenCalledTimes(2))
  })

  test('stays in the room that it has, from one line to a large screen, and follows a resize', async () => {
    const moments = await momentsOf(5)
    const moment = moments.at(-1) as Moment
    for (const [columns, rows] of [
      [40, 10],
      [60, 16],
      [80, 24],
      [120, 40],
      [250, 70],
    ] as const) {
      const view = { moment, now: moment.snapshot.at, intervalMs: 1000, mode: 'LIVE', keys: [] }
      const lines = monitorView(view, { columns, rows })
      expect(lines.length, `${columns}×${rows}`).toBeLessThanOrEqual(rows - 1)
      for (const line of lines)
        expect([...line.map(({ text }) => text).join('')].length).toBeLessThanOrEqual(columns)
    }
    const large = draw(Object.assign(new EventEmitter(), { columns: 120, rows: 40 }))
    large.store.add(moment)
    await large.sees('─ partitions')
    await large.sees(/worker-2\/0 .*partitions 0/)
    await large.sees(/radiation-data 1.0k\/s/)
    const { store, terminal, sees } = draw()
    store.add(moment)
    await sees('services')
    Object.assign(terminal, { columns: 50, rows: 12 })
    terminal.emit('resize')
    await sees(/lag .*\(q quit\)/)
  })
})
