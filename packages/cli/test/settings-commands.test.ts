import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WRITTEN_BY_PAGE } from '@radtune/core/contract'
import { settingRecordValue } from '@radtune/core/settings'
import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { type CommandOptions, type CommandRun, emptyFolder, runCommand } from './run-command.ts'

let memory: MemoryWorld
let workingDir: string

beforeEach(() => {
  memory = createMemoryWorld()
  workingDir = emptyFolder()
})

function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandRun> {
  return runCommand(argv, { workingDir, ...options, world: { stackWorld: async () => memory } })
}

async function runJson<Document>(
  argv: readonly string[],
  schema: { parse(document: unknown): Document },
): Promise<Document> {
  const answer = await run([...argv, '--json', '--quiet'])
  return schema.parse(JSON.parse(answer.stdout))
}

const overlayFile = () => join(workingDir, '.radtune', 'overlay.yaml')
const overlay = () => (existsSync(overlayFile()) ? readFileSync(overlayFile(), 'utf8') : '')
const newest = (key: string) => memory.topic.records.filter((record) => record.key === key).at(-1)?.value
const unwrapped = (text: string) => text.replace(/\s+/g, ' ')

/** As the backend writes what it is asked for over HTTP. */
const setOnPage = (key: string, value: string | number) =>
  memory.topic.records.push({
    offset: memory.topic.records.length,
    key,
    value: settingRecordValue({ value, by: WRITTEN_BY_PAGE, at: memory.clock.now() }),
  })

describe('what the page has set', () => {
  beforeEach(async () => {
    await run(['up', '--quiet'])
    memory.script.started = []
  })

  test('is taken over by the next up, which restarts nothing and keeps it', async () => {
    setOnPage('provider.rate', 400)
    setOnPage('thresholds.high', 300)
    setOnPage('provider.rate', 500)
    const written = memory.topic.records.length
    const { stderr, exitCode, stdout } = await run(['up'])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^already up/)])
    expect(unwrapped(stderr)).toContain(
      'set on the page, and kept: provider.rate 1,000/s → 500/s, thresholds.high 200 CPM → 300 CPM',
    )
    expect(overlay()).toContain('provider.rate: 500')
    expect(overlay()).toContain('thresholds.high: 300')
    expect(memory.topic.records).toHaveLength(written)
    expect(memory.script.started).toEqual([])
    expect((await run(['get', 'provider.rate'])).stdout).toMatch(/provider\.rate +500\/s/)
    expect((await run(['up'])).stderr).not.toContain('set on the page')
  })

  test('outlives down and up', async () => {
    setOnPage('provider.playback', 'pause')
    expect((await run(['down'])).stderr).toContain('provider.playback run → pause')
    await run(['up', '--quiet'])
    expect(newest('provider.playback')).toContain('"value":"pause"')
  })

  test('is told until then, and is taken back like anything else that is set', async () => {
    setOnPage('provider.rate', 500)
    expect(unwrapped((await run(['get', 'provider.rate'])).stdout)).toContain(
      'the page set it; the plan says 1,000/s until radtune up or down takes it over into the overlay',
    )
    await run(['up', '--quiet'])
    await run(['set', 'provider.rate='])
    expect(newest('provider.rate')).toContain('"value":1000')
    expect((await run(['up'])).stderr).not.toContain('set on the page')
  })

  test('is overruled by what was set after it, and others who write to the topic are not the page', async () => {
    setOnPage('provider.rate', 500)
    await run(['set', 'provider.rate=700'])
    memory.topic.records.push({
      offset: memory.topic.records.length,
      key: 'producer.main.linger',
      value: settingRecordValue({ value: 99, by: 'somebody', at: 1 }),
    })
    await run(['up', '--quiet'])
    expect(overlay()).toContain('provider.rate: 700')
    expect(overlay()).not.toContain('linger')
  })

  test('does not keep the stack from going down or up: not without Kafka, and not when the plan cannot hold with it', async () => {
    setOnPage('thresholds.high', 10)
    const up = await run(['up'])
    expect([up.exitCode, unwrapped(up.stderr)]).toEqual([
      0,
      expect.stringContaining('what the page has set is not taken over: '),
    ])
    expect(overlay()).toBe('')
    memory.topic.down = true
    const down = await run(['down'])
    expect([down.exitCode, down.stderr]).toEqual([0, expect.not.stringContaining('page')])
    expect(memory.project.holder).toBeUndefined()
  })
})

describe('radtune set on a running stack', () => {
  beforeEach(async () => {
    await run(['up', '--quiet'])
    memory.script.started = []
  })

  test('writes the overlay, tells the services and says who runs by it', async () => {
    const { stdout, stderr, exitCode } = await run([
      'set',
      'pipeline.parallelism=2',
      'producer.main.linger=20ms',
    ])
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
    const revision = memory.topic.records.length - 1
    expect(stdout).toMatch(/pipeline\.parallelism +6 → 2 +in force/)
    expect(stdout).toMatch(/producer\.main\.linger +10 ms → 20 ms +in force/)
    expect(stdout).toContain(`run by it: worker-1 ${revision}, worker-2 ${revision}`)
    expect(overlay()).toContain('pipeline.parallelism: 2')
    expect(overlay()).toContain('producer.main.linger: 20ms')
    expect(JSON.parse(newest('pipeline.parallelism') ?? '')).toMatchObject({ value: 2, by: 'radtune set' })
    expect(memory.script.started).toEqual([])
    expect(memory.project.holder).toBeUndefined()
  })

  test('is what the next up finds: already up, nothing restarted, nothing written', async () => {
    await run(['set', 'pipeline.parallelism=2'])
    const written = memory.topic.records.length
    const { stdout } = await run(['up'])
    expect(stdout).toMatch(/^already up/)
    expect(memory.topic.records).toHaveLength(written)
    expect(memory.script.started).toEqual([])
  })

  test('overrules what up was given as a flag', async () => {
    await run(['up', '--rate', '5000', '--quiet'])
    const { stdout } = await run(['set', 'provider.rate=300'])
    expect(stdout).toMatch(/5,000\/s → 300\/s +in force/)
    expect(newest('provider.rate')).toContain('"value":300')
  })

  test('gives one JSON document', async () => {
    const document = await runJson(['set', 'pipeline.parallelism=1'], answerSchemas['radtune.set/1'])
    expect(document.data?.settings).toEqual([
      expect.objectContaining({ name: 'pipeline.parallelism', from: 6, to: 1, state: 'in force' }),
    ])
    expect(document.data?.acknowledgements.map(({ service }) => service)).toEqual(['worker-1', 'worker-2'])
  })

  test('KEY= and --unset take a setting back to the plan, live', async () => {
    await run(['set', 'pipeline.parallelism=2', 'provider.rate=7'])
    const { stdout, exitCode } = await run(['set', 'pipeline.parallelism=', '--unset', 'provider.rate'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/2 → 6 +in force/)
    expect(overlay()).not.toContain('pipeline.parallelism')
    expect(newest('provider.rate')).toContain('"value":1000')
  })

  test('writes what is not live, says what restarts for it, and ends with 3', async () => {
    const { stdout, exitCode } = await run(['set', 'kafka.heap=400MiB', 'provider.rate=7'])
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/kafka\.heap +512 MiB → 400 MiB +written; needs a restart of kafka/)
    expect(stdout).toMatch(/provider\.rate .* in force/)
    expect(stdout).toContain('radtune up applies the rest')
    await run(['up', '--quiet'])
    expect(memory.script.started).toEqual(['kafka'])
  })

  test.each([
    [['set', 'pipeline.paralelism=2'], 'RT-SET-002', 'pipeline.parallelism?'],
    [['set', 'producer.main.linger=10s'], 'RT-SET-001', 'between 0 ms and 5 s'],
    [['set', 'producer.main.compression=brotli'], 'RT-SET-001', 'not one of'],
    [['set', 'provider.rate=5', 'provider.rate=6'], 'RT-CLI-021', 'twice'],
    [['set', 'thresholds.high=10'], 'RT-PLAN-002', 'must not fall'],
    [['set', 'producer.bufferMemory=1GiB'], 'RT-PLAN-002', 'more than half'],
    [['set', 'pipeline.parallelism=4'], 'RT-SET-004', '1, 2, 3, 6 slots'],
    [['set', 'topics.radiation-data.partitions=12'], 'RT-SET-004', 'from 6 to 12'],
    [['set', 'justaword'], 'RT-SET-002', 'KEY=VALUE'],
    [['set'], 'RT-CLI-003', 'nothing is named'],
  ])('refuses %j before anything is written', async (argv, code, text) => {
    const written = memory.topic.records.length
    const { stderr, exitCode } = await run(argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(code)
    expect(unwrapped(stderr)).toContain(text)
    expect(memory.topic.records).toHaveLength(written)
    expect(overlay()).toBe('')
  })

  test('--irreversible allows other partitions, at the next up', async () => {
    const { exitCode } = await run(['set', '--irreversible', 'topics.radiation-data.partitions=12'])
    expect(exitCode).toBe(3)
    expect(overlay()).toContain('topics.radiation-data.partitions: 12')
  })

  test('another number of workers waits for the next up, or comes at once with --now', async () => {
    const later = await run(['set', 'worker.count=1'])
    expect(later.stdout).toContain('radtune up applies the rest')
    expect(later.exitCode).toBe(3)
    const { stdout, exitCode } = await run(['set', 'worker.count=3', '--now'])
    expect(stdout).toMatch(/worker\.count +2 → 3 +in force/)
    expect(exitCode).toBe(0)
    const names = (await memory.runtime.inspect())?.services.map(({ name }) => name) ?? []
    expect(names).toEqual(expect.arrayContaining(['worker-1', 'worker-2', 'worker-3']))
  })

  test('--dry-run says what would be and writes nothing, also while another operation runs', async () => {
    memory.project.holder = 'up'
    const written = memory.topic.records.length
    const { stdout, exitCode } = await run(['set', 'provider.rate=5', '--dry-run'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/1,000\/s → 5\/s +would be changed live/)
    expect(overlay()).toBe('')
    expect(memory.topic.records).toHaveLength(written)
  })

  test('does not change anything while another operation runs', async () => {
    memory.project.holder = 'up'
    const { stderr, exitCode } = await run(['set', 'provider.rate=5'])
    expect([exitCode, overlay()]).toEqual([4, ''])
    expect(stderr).toContain('RT-UP-002')
  })

  test('names who does not acknowledge, and what is in force, with 5', async () => {
    memory.topic.deaf.add('worker-2')
    memory.topic.heardUpTo = memory.topic.records.length
    const { stderr, exitCode } = await run(['set', 'producer.main.linger=1', '--timeout', '5s'])
    const said = unwrapped(stderr)
    expect(exitCode).toBe(5)
    expect(said).toContain('worker-2 did not acknowledge producer.main.linger = 1 ms within 5 s')
    expect(said).toContain('worker-2 has not taken it up')
    expect(said).toContain('in force in worker-1')
    expect(overlay()).toContain('producer.main.linger: 1')
    memory.topic.deaf.clear()
    expect((await run(['set', 'producer.main.linger=1'])).exitCode).toBe(0)
  })

  test('puts the overlay back when Kafka does not take the record', async () => {
    memory.topic.down = true
    const { stderr, exitCode } = await run(['set', 'provider.rate=5'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('RT-SET-005')
    expect(stderr).toContain('nothing was changed')
    expect(overlay()).not.toContain('provider.rate')
  })

  test('warns when the environment will win at the next up', async () => {
    const environment = { RADTUNE_PROVIDER_RATE: '9' }
    const { stderr, exitCode } = await run(['set', 'provider.rate=5'], { environment })
    expect(exitCode).toBe(0)
    expect(stderr).toContain('RADTUNE_PROVIDER_RATE is set and wins')
    expect(newest('provider.rate')).toContain('"value":5')
  })
})

describe('radtune set with nothing running', () => {
  test('writes the overlay, keeps what stands there, and says when it takes effect', async () => {
    await run(['set', 'provider.rate=5'])
    const { stdout, exitCode } = await run(['set', 'kafka.heap=400MiB'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('takes effect at the next radtune up')
    expect(overlay()).toContain('provider.rate: 5')
    await run(['up', '--quiet'])
    expect(memory.project.launch?.spec.settings['provider.rate']).toMatchObject({
      value: 5,
      origin: 'overlay',
    })
    expect(newest('provider.rate')).toContain('"value":5')
  })

  test('changes partitions freely while there are no data, and not with data', async () => {
    expect((await run(['set', 'pipeline.parallelism=4'])).exitCode).toBe(0)
    memory.script.data = { profile: '4c8g', bytes: 1 }
    expect((await run(['set', 'pipeline.parallelism=3'])).stderr).toContain('RT-SET-004')
  })
})

describe('radtune get', () => {
  test('lists all settings of the plan when nothing runs', async () => {
    const { stdout, exitCode } = await run(['get'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/pipeline\.parallelism +6 +derived +live/)
    expect(stdout).toContain('nothing runs')
  })

  test('tells value, origin and revision, and who runs by it', async () => {
    await run(['up', '--quiet'])
    await run(['set', 'pipeline.parallelism=3'])
    const { stdout, exitCode } = await run(['get', 'pipeline.parallelism', 'worker-2.memory'])
    expect(exitCode).toBe(0)
    const revision = memory.topic.records.length - 1
    expect(stdout).toMatch(/pipeline\.parallelism +3 +\.radtune\/overlay\.yaml:\d+ +live +\d+/)
    expect(stdout).toContain(`worker-2 runs by 3, revision ${revision}`)
    expect(stdout).toMatch(/worker-2\.memory +2 GiB +derived +restart/)
    const document = await runJson(['get', 'pipeline.parallelism'], answerSchemas['radtune.get/1'])
    expect(document.data?.settings[0]).toMatchObject({
      value: 3,
      origin: 'overlay',
      revision,
      by: 'radtune set',
    })
  })

  test('names a service that runs by something else, what others wrote, and what waits for up; 3', async () => {
    await run(['up', '--quiet'])
    memory.topic.deaf.add('worker-1')
    memory.topic.heardUpTo = memory.topic.records.length
    const value = '{"value":33,"by":"playback-config","at":1}'
    memory.topic.records.push({ offset: memory.topic.records.length, key: 'producer.main.linger', value })
    writeFileSync(join(workingDir, 'radtune.yaml'), 'settings:\n  kafka.heap: 400MiB\n')
    const { stdout, exitCode } = await run(['get', 'producer.main.linger', 'kafka.heap'])
    expect(exitCode).toBe(3)
    expect(stdout).toContain('playback-config set it; the plan says 10 ms')
    expect(stdout).toContain('worker-1 runs by 10 ms')
    expect(stdout).toContain('kafka.heap: the files say 400 MiB')
  })

  test('warns when Kafka does not answer, and tells what was launched', async () => {
    await run(['up', '--quiet'])
    memory.topic.down = true
    const { stdout, stderr, exitCode } = await run(['get', 'provider.rate'])
    expect([exitCode, stdout.includes('1,000/s')]).toEqual([0, true])
    expect(stderr).toContain('radtune.settings cannot be read')
  })

  test('suggests the key that was meant', async () => {
    const { stderr, exitCode } = await run(['get', 'provider.rat'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('did you mean provider.rate?')
  })
})
