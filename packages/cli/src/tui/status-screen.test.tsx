import { render } from 'ink-testing-library'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DrawnTerminal } from '../../test/drawn-terminal.ts'
import { runningWorld } from '../../test/running-world.ts'
import { createMemoryWorld, type MemoryWorld } from '../adapters/memory/memory-world.ts'
import { plannedSpec } from '../adapters/memory/planned-spec.ts'
import { readStatus, type StatusReport } from '../services/read-status.ts'
import { StatusScreen } from './screens/StatusScreen.ts'
import { createStatusStore } from './status-store.ts'
import { ratesPerSecond, statusView } from './view-models/status-view.ts'

const open: { unmount(): void }[] = []

afterEach(() => {
  for (const screen of open.splice(0)) screen.unmount()
})

async function roomyWorld(profile = '4c8g'): Promise<MemoryWorld> {
  const world = createMemoryWorld()
  world.machine.memoryBytes = 64 * 1024 ** 3
  world.machine.cpus = 16
  return await runningWorld({ spec: plannedSpec(profile) }, world)
}

async function reportsOf(world: MemoryWorld, count: number): Promise<StatusReport[]> {
  const reports: StatusReport[] = []
  for (let index = 0; index < count; index++) {
    const report = await readStatus(world)
    if (report) reports.push(report)
    await world.clock.sleep(1000)
  }
  return reports
}

function draw(reports: readonly StatusReport[], terminal: DrawnTerminal) {
  const store = createStatusStore()
  for (const report of reports) store.add(report)
  const screen = render(<StatusScreen colour store={store} terminal={terminal} onQuit={() => undefined} />)
  open.push(screen)
  return { store, screen }
}

describe('the status screen', () => {
  test.each([
    [80, 24],
    [120, 40],
  ])('fits %i×%i and shows services, records and flow', async (columns, rows) => {
    const reports = await reportsOf(await roomyWorld(), 30)
    const terminal = new DrawnTerminal(columns, rows)
    draw(reports, terminal)
    await vi.waitFor(() => expect(terminal.frame).toContain('every record accounted for'))
    const lines = terminal.frame.split('\n')
    expect(lines.length).toBeLessThanOrEqual(rows - 1)
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns)
    const text = lines.join('\n')
    for (const name of ['kafka', 'worker-1', 'worker-2', 'backend', 'provider', 'frontend'])
      expect(text).toMatch(new RegExp(`^ ${name} +healthy`, 'm'))
    expect(text).toMatch(/^ in +[\d,]+ +=/m)
    expect(text).toMatch(/^ in flight +0 /m)
    expect(text).toMatch(/^ in +1,000\/s +[▁▂▃▄▅▆▇█]+/m)
    expect(text).toMatch(/p50 12 ms {2}p99 41 ms {2}target 100 ms/)
    expect(lines.findLast((line) => line.trim() !== '')).toContain('q quit')
    await expect(text).toMatchFileSnapshot(`__frames__/status-${columns}x${rows}.txt`)
  })

  test('shows first what is not healthy when there is no room for all services', async () => {
    const world = await roomyWorld('16c32g')
    world.runtime.change('worker-7', {
      condition: 'restarting',
      reason: 'ended with exit code 1',
      restarts: 2,
    })
    const [report] = await reportsOf(world, 1)
    const lines = statusView(
      { reports: report ? [report] : [], problem: undefined },
      { columns: 80, rows: 24 },
    )
    const text = lines.map((line) => line.map((piece) => piece.text).join('')).join('\n')
    expect(lines.length).toBeLessThanOrEqual(23)
    expect(text).toMatch(/^ WARN {2}worker-7 is restarting: ended with exit code 1/m)
    expect(text).toMatch(/^ worker-7 +restarting/m)
    expect(text).toMatch(/… and \d+ more/)
  })

  test('is one useful line where there is little room', async () => {
    const reports = await reportsOf(await roomyWorld(), 1)
    for (const size of [
      { columns: 59, rows: 24 },
      { columns: 80, rows: 15 },
    ]) {
      const lines = statusView({ reports, problem: undefined }, size)
      expect(lines.map((line) => line.map(({ text }) => text).join(''))).toEqual([
        'ok 6 of 6 healthy in flight 0 (q quit)',
      ])
    }
  })

  test('follows new reports, and says so when there are none any more', async () => {
    const world = await roomyWorld()
    const terminal = new DrawnTerminal(80, 24)
    const { store } = draw([], terminal)
    await vi.waitFor(() => expect(terminal.frame).toContain('reading the status'))
    store.add(await readStatus(world))
    await vi.waitFor(() => expect(terminal.frame).toContain('6 of 6 healthy'))
    store.add(undefined)
    await vi.waitFor(() => expect(terminal.frame).toContain('nothing runs; radtune up starts it'))
    store.fail('the supervisor does not answer')
    await vi.waitFor(() => expect(terminal.frame).toContain('the supervisor does not answer'))
  })

  test('redraws when the terminal changes its size', async () => {
    const terminal = new DrawnTerminal(80, 24)
    draw(await reportsOf(await roomyWorld(), 2), terminal)
    await vi.waitFor(() => expect(terminal.frame).not.toContain('dirty by reason'))
    terminal.resize(120, 40)
    await vi.waitFor(() => expect(terminal.frame).toContain('dirty by reason'))
  })

  test.each(['q', '\u001b', '\u0003'])('ends at %j', async (key) => {
    const onQuit = vi.fn()
    const terminal = new DrawnTerminal(80, 24)
    const screen = render(
      <StatusScreen colour store={createStatusStore()} terminal={terminal} onQuit={onQuit} />,
    )
    open.push(screen)
    await vi.waitFor(() => {
      screen.stdin.write(key)
      expect(onQuit).toHaveBeenCalled()
    })
  })
})

test('a counter that went down gives no rate', async () => {
  const world = await roomyWorld()
  const reports = await reportsOf(world, 2)
  world.pipeline.startedAt = world.clock.now()
  reports.push(...(await reportsOf(world, 2)))
  expect(ratesPerSecond(reports)).toEqual([1000, 1000])
})
