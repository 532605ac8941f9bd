import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { createLoadableProject, flat, type LoadableProject } from './loadable-project.ts'

let memory: MemoryWorld
let workingDir: string
let project: LoadableProject

beforeEach(() => {
  project = createLoadableProject()
  memory = project.memory
  workingDir = project.workingDir
})

const STEPS = ['--steps', '500,2000,5000', '--for', '15s']
const run: LoadableProject['run'] = (...args) => project.run(...args)
const up = (...flags: string[]) => project.up(...flags)
const file = (name: string) => project.file(name)
const place = (name: string, text: string) => project.place(name, text)
const inForce = (key: string) => project.inForce(key)
const untouched = () => project.untouched()

describe('a bench', () => {
  test('measures each step, finds the knee, writes a report and leaves everything as it was', async () => {
    await up()
    memory.pipeline.p99Ms = () => (inForce('provider.rate') >= 5000 ? 140 : 41)
    const before = untouched()
    const answer = await run(['bench', ...STEPS])
    expect(answer.stderr).toContain('provider.rate is 1,000/s again, as it was before radtune bench')
    expect(answer.stdout).toMatch(/2,000\/s +2,000\/s .* carried\n/)
    expect(flat(answer.stdout)).toContain(
      'knee 2,000/s are carried; 5,000/s are not: p99 is 140 ms, over 100 ms',
    )
    expect(answer.exitCode).toBe(0)
    expect(untouched()).toEqual(before)
    expect(readdirSync(file('bench'))).toEqual([expect.stringMatching(/^2026-11-22T.*Z\.json$/)])
  })

  test('gives one JSON document of its schema, with progress on stderr', async () => {
    await up()
    const { stdout, stderr } = await run(['bench', ...STEPS, '--json', '--report', 'out.json'])
    const { data } = answerSchemas['radtune.bench/1'].parse(JSON.parse(stdout))
    expect(data?.report.steps.map(({ measures: { out } }) => Math.round(out?.value ?? 0))).toEqual([
      500, 2000, 5000,
    ])
    expect(data?.report.knee.perSecond).toBe(5000)
    expect(JSON.parse(readFileSync(join(workingDir, 'out.json'), 'utf8'))).toEqual(data?.report)
    expect(stderr).toContain('step 1 of 3')
  })

  test('ends where records pile up, and says what was left', async () => {
    await up()
    memory.pipeline.mostPerSecond = 1500
    const answer = await run(['bench', ...STEPS])
    expect(flat(answer.stdout)).toMatch(
      /left 5,000\/s: not measured, as 2,000\/s were too much already.*knee 500\/s are carried; 2,000\/s are not: 500 more records wait with each second/,
    )
  })

  test('in a terminal ends with charts, as Markdown with a table', async () => {
    await up()
    const drawn = await run(['bench', ...STEPS], { terminalColumns: 100 })
    expect(drawn.stdout).toMatch(
      /p99, target 100 ms\n[\s\S]*41 ms[\s\S]*CPU for each record[\s\S]*500\/s +2,000\/s/,
    )
    const { stdout } = await run(['bench', ...STEPS, '--markdown'])
    expect(stdout).toContain('| 2,000/s | 2,000/s | 12 ms | 30 ms | 41 ms |')
    expect(stdout).toContain('**Knee**: 5,000/s are carried; no higher step was made.')
  })

  test('leaves a rate of a flag and lines of the overlay as they were', async () => {
    await up('--rate', '700')
    place('overlay.yaml', '# mine\nsettings:\n  producer.main.linger: 20ms\n')
    const before = untouched()
    expect((await run(['bench', ...STEPS])).exitCode).toBe(0)
    expect(untouched()).toEqual(before)
    expect(memory.project.launch?.spec.settings['provider.rate']).toMatchObject({
      value: 700,
      origin: 'flag',
    })
  })
})

describe('against an earlier report', () => {
  beforeEach(async () => {
    await up()
    await run(['bench', ...STEPS, '--report', 'before.json'])
  })

  test('the same is the same', async () => {
    const answer = await run(['bench', ...STEPS, '--against', 'before.json'])
    expect(answer.stdout).toContain('no regression beyond noise')
    expect(answer.exitCode).toBe(0)
  })

  test('what is worse beyond noise is named, with exit code 3 in both modes', async () => {
    memory.pipeline.p99Ms = () => 82
    const answer = await run(['bench', ...STEPS, '--against', 'before.json'])
    expect(flat(answer.stdout)).toContain('regression: p99 at 500/s is worse; p99 at 2,000/s is worse')
    expect(answer.exitCode).toBe(3)
    const { stdout, exitCode } = await run(['bench', ...STEPS, '--against', 'before.json', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 3, data: { report: {} } })
    expect(exitCode).toBe(3)
  })

  test.each([
    ['of another kind', '{"schema":"radtune.recording/1"}', 'its schema is "radtune.recording/1"'],
    ['that is no JSON', 'hello', 'it is not JSON'],
    ['that is cut', '{"schema":"radtune.bench-report/1"}', 'at: '],
  ])('a file %s is refused before anything is set', async (_, text, why) => {
    writeFileSync(join(workingDir, 'other.json'), text)
    const { stderr, exitCode } = await run(['bench', ...STEPS, '--against', 'other.json'])
    expect(stderr).toContain('RT-BENCH-004')
    expect(flat(stderr)).toContain(why)
    expect(exitCode).toBe(2)
    expect(inForce('provider.rate')).toBe(1000)
  })

  test.each([
    [
      'stack',
      (report: { stack: { profile: string } }) => Object.assign(report.stack, { profile: '2c4g' }),
      /another stack: 2c4g/,
    ],
    [
      'machine',
      (report: { machine: { cpus: number } }) => Object.assign(report.machine, { cpus: 64 }),
      /another machine: 64 CPUs, not 4 CPUs/,
    ],
  ])('a report of another %s is refused', async (_, change, why) => {
    const path = join(workingDir, 'before.json')
    const report = JSON.parse(readFileSync(path, 'utf8'))
    change(report)
    writeFileSync(path, JSON.stringify(report))
    const { stderr, exitCode } = await run(['bench', ...STEPS, '--against', 'before.json'])
    expect(flat(stderr)).toMatch(why)
    expect(exitCode).toBe(2)
  })
})

describe('whatever happens, the rate is put back', () => {
  beforeEach(() => up())

  test('Ctrl-C', async () => {
    const before = untouched()
    const answer = await run(['bench', ...STEPS], {
      at: { says: 'step 2 of 3', act: () => 'interrupt' },
    })
    expect(answer.exitCode).toBe(130)
    expect(answer.stderr).toContain('provider.rate is 1,000/s again')
    expect(untouched()).toEqual(before)
  })

  test('a service that fails, or a stack that ends', async () => {
    const before = untouched()
    const failing = await run(['bench', ...STEPS], {
      at: {
        says: 'step 2 of 3',
        act: () => memory.runtime.change('worker-1', { condition: 'failed', reason: 'killed for memory' }),
      },
    })
    expect(flat(failing.stderr)).toMatch(/RT-BENCH-003.*worker-1 failed.*killed for memory/)
    expect(failing.exitCode).toBe(1)
    expect(untouched()).toEqual(before)
    memory.runtime.change('worker-1', { condition: 'healthy' })
    const ending = await run(['bench', ...STEPS], {
      at: { says: 'step 2 of 3', act: () => void memory.runtime.stop({ onEvent: () => undefined }) },
    })
    expect(flat(ending.stderr)).toMatch(/RT-BENCH-003.*the stack ended/)
    expect(untouched()).toMatchObject({ overlay: undefined, borrowed: false, holder: undefined })
  })

  test('data that end', async () => {
    memory.pipeline.rows = 60_000
    const { stderr, exitCode } = await run(['bench', ...STEPS])
    expect(flat(stderr)).toMatch(/RT-BENCH-002.*has published all its data.*--loop/)
    expect(exitCode).toBe(4)
    expect(inForce('provider.rate')).toBe(1000)
  })

  /** As it was in the middle of a step: the files of then, and nobody who puts them back. */
  async function killedInTheMiddle() {
    const held: { borrowed?: string; overlay?: string } = {}
    await run(['bench', ...STEPS], {
      at: {
        says: 'step 3 of 3',
        act() {
          held.borrowed = readFileSync(file('borrowed.json'), 'utf8')
          held.overlay = readFileSync(file('overlay.yaml'), 'utf8')
          return 'interrupt'
        },
      },
    })
    await run(['set', 'provider.rate=2000'])
    place('borrowed.json', held.borrowed ?? '')
    place('overlay.yaml', held.overlay ?? '')
  }

  test.each([
    ['the next bench', ['bench', '--steps', '800', '--for', '15s']],
    ['the next advise', ['advise', '--for', '1s']],
    ['the next up', ['up']],
  ])('after a kill by %s, which says so', async (_, argv) => {
    await killedInTheMiddle()
    const { stderr } = await run(argv)
    expect(stderr).toContain('provider.rate is 1,000/s again, as it was before radtune bench')
    expect(untouched()).toMatchObject({ rate: 1000, overlay: undefined, borrowed: false, holder: undefined })
  })

  test('after a kill by up, also when nothing runs any more', async () => {
    await killedInTheMiddle()
    await run(['down'])
    await up()
    expect(untouched()).toMatchObject({ overlay: undefined, borrowed: false })
    expect(memory.project.launch?.spec.settings['provider.rate']).toMatchObject({
      value: 1000,
      origin: 'derived',
    })
  })

  test('but what somebody has set since stays', async () => {
    await killedInTheMiddle()
    await run(['set', 'provider.rate=3333'])
    const { stderr } = await run(['advise', '--for', '1s'])
    expect(stderr).toContain('provider.rate was changed since, and is left as it is')
    expect(untouched()).toMatchObject({ rate: 3333, borrowed: false })
  })

  test('also later, from a provider that does not take it back now', async () => {
    const before = untouched()
    const deaf = await run(['bench', ...STEPS], {
      at: {
        says: 'step 3 of 3',
        act() {
          memory.topic.heardUpTo = memory.topic.records.length
          memory.topic.deaf.add('provider')
        },
      },
    })
    expect(deaf.stderr).toContain('RT-SET-003')
    expect(flat(deaf.stderr)).toContain(
      'not all is as it was before: provider.rate could not be put back in force',
    )
    expect(deaf.exitCode).toBe(5)
    expect(untouched()).toMatchObject({ overlay: undefined, borrowed: true, holder: undefined })
    memory.topic.deaf.clear()
    expect((await run(['advise', '--for', '1s'])).stderr).toContain('provider.rate is 1,000/s again')
    expect(untouched()).toEqual(before)
  })
})

describe('bad input', () => {
  test.each([
    [['--steps', '2000,1000'], 'RT-CLI-003', 2, /steps go up, and 1000 comes after 2000/],
    [['--steps', 'fast'], 'RT-CLI-003', 2, /"fast" is not a whole number/],
    [['--steps', '0,100'], 'RT-CLI-003', 2, /and 0 is not/],
    [['--for', '5s'], 'RT-CLI-003', 2, /latencies are over the last ten seconds/],
    [['--for', 'long'], 'RT-CLI-003', 2, /is not a duration/],
    [[], 'RT-BENCH-001', 4, /nothing runs/],
    [['--against', 'missing.json'], 'RT-BENCH-001', 4, /nothing runs/],
  ])('%j', async (flags, code, exitCode, why) => {
    const answer = await run(['bench', ...flags])
    expect(answer.stderr).toContain(code)
    expect(flat(answer.stderr)).toMatch(why)
    expect(answer.exitCode).toBe(exitCode)
  })

  test('a report is not overwritten, a stack that is not well or replays time is not loaded', async () => {
    await up()
    writeFileSync(join(workingDir, 'mine.json'), '{}')
    expect((await run(['bench', '--report', 'mine.json'])).stderr).toContain('RT-BENCH-005')
    await run(['set', 'provider.playbackSpeed=10'])
    expect(flat((await run(['bench'])).stderr)).toMatch(/RT-BENCH-002.*captured time/)
    memory.runtime.change('backend', { condition: 'unhealthy', reason: 'no answer' })
    expect(flat((await run(['bench'])).stderr)).toMatch(/RT-BENCH-001.*backend is unhealthy.*no answer/)
  })

  test('another operation that runs is left alone', async () => {
    await up()
    memory.project.holder = 'up'
    const { stderr, exitCode } = await run(['bench', ...STEPS])
    expect(stderr).toContain('RT-UP-002')
    expect(exitCode).toBe(4)
  })
})
