import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { type CommandRun, emptyFolder, runCommand } from './run-command.ts'

let memory: MemoryWorld
let workingDir: string

beforeEach(() => {
  memory = createMemoryWorld()
  memory.machine.memoryBytes = 16 * 1024 ** 3
  workingDir = emptyFolder()
})

/** `stopAt`: interrupts, as Ctrl-C does, when the command says this. */
function run(argv: readonly string[], { stopAt }: { stopAt?: string } = {}): Promise<CommandRun> {
  let interrupt: ((signal: 'SIGINT') => void) | undefined
  const said = { stdout: '', stderr: '' }
  const take = (stream: keyof typeof said, text: string) => {
    said[stream] += text
    if (stopAt !== undefined && text.includes(stopAt)) interrupt?.('SIGINT')
    return true
  }
  const answer = runCommand(argv, {
    workingDir,
    world: {
      stackWorld: async () => memory,
      stdout: { write: (text: string) => take('stdout', text) },
      stderr: { write: (text: string) => take('stderr', text) },
      onInterrupt: (listener) => {
        interrupt = listener
        return () => undefined
      },
    },
  })
  return answer.then((one) => ({ ...one, ...said }))
}

const journalFile = () => join(workingDir, '.radtune', 'journal.ndjson')
const journalLines = () =>
  readFileSync(journalFile(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const kinds = () => journalLines().map(({ id, kind, verdict }) => [id, verdict ?? kind].join(' '))
const fetchMin = () => {
  const record = memory.topic.records.filter(({ key }) => key === 'consumer.fetchMinBytes').at(-1)
  return record?.value ? JSON.parse(record.value).value : undefined
}
const flat = ({ stdout }: CommandRun) => stdout.replaceAll(/\s+/g, ' ')

/** A stack at 50 readings a second whose fetches wait for 1 KiB; readings come late as long as they do. */
async function slowFetch(latency: (bytes: number) => number = (bytes) => (bytes === 1 ? 41 : 900)) {
  memory.pipeline.perSecond = 50
  memory.pipeline.p99Ms = () => latency(fetchMin())
  expect((await run(['up', '--demo', 'slow-fetch', '--quiet'])).exitCode).toBe(0)
  await memory.clock.sleep(60_000)
}

describe('a stack in good order', () => {
  beforeEach(async () => {
    await run(['up', '--quiet'])
    await memory.clock.sleep(60_000)
  })

  test('gets no advice, three times', async () => {
    for (let round = 0; round < 3; round += 1) {
      const answer = await run(['advise', '--check'])
      expect(answer.stdout).toContain('no bottleneck: 31 % busy')
      expect(answer.stdout).toContain('Nothing')
      expect(answer.exitCode).toBe(0)
    }
    expect(existsSync(journalFile())).toBe(false)
    expect((await run(['journal'])).stdout).toContain('advice has changed nothing here yet')
  })

  test('--rules lists all of them with how they stand, --json has a schema', async () => {
    const { stdout } = await run(['advise', '--rules'])
    expect(stdout.match(/guideline|radtune\)/g)).toHaveLength(18)
    expect(stdout).toMatch(/cpu-saturated +quiet/)
    const { stdout: text } = await run(['advise', '--json', '--quiet'])
    const { data } = answerSchemas['radtune.advise/1'].parse(JSON.parse(text))
    expect(data?.rules).toHaveLength(18)
  })

  test('a source that is silent decides nothing', async () => {
    memory.pipeline.brokerDown = true
    const { stdout, exitCode } = await run(['advise', '--check'])
    expect(stdout).toContain('not decided: ')
    expect(exitCode).toBe(0)
  })
})

describe('a change that helps', () => {
  beforeEach(() => slowFetch())

  test('is advised with why and what to expect, and --check says so', async () => {
    const answer = await run(['advise', '--check'])
    expect(flat(answer)).toMatch(/consumer.fetchMinBytes +1 KiB → 1 B live, no restart/)
    expect(flat(answer)).toMatch(/rule fetch-wait-dominates-latency/)
    expect(answer.exitCode).toBe(3)
    expect((await run(['advise', '--diff'])).stdout).toBe('consumer.fetchMinBytes 1 KiB → 1 B\n')
    expect(fetchMin()).toBe(1024)
  })

  test('is explained by the numbers it rests on, and what the other rules say', async () => {
    const answer = flat(await run(['advise', '--explain']))
    expect(answer).toMatch(
      /rule fetch-wait-dominates-latency from bytes into a partition [\d.]+ KiB\/s, over 30 s/,
    )
    expect(answer).toContain('quiet network-bound:')
  })

  test('is Markdown for a pull request: settings before and after, and with --apply what was measured', async () => {
    const advised = (await run(['advise', '--markdown'])).stdout
    expect(advised).toContain('| 1 | `consumer.fetchMinBytes` | 1 KiB | 1 B | live, no restart |')
    expect(advised).toMatch(/```text\n[^`]*900 ms/)
    const applied = (await run(['advise', '--apply', '--verify', '20s', '--markdown'])).stdout
    expect(applied).toMatch(/\*\*Step 2 kept\*\*: consumer.fetchMinBytes 1 KiB → 1 B/)
    expect(applied).toMatch(/\| p99 \| 900 ms \| 41 ms \| [^|]+ \| better than expected/)
    expect(applied).toMatch(/```text\n[^`]*900 ms[^`]*\n {20,}\^ changed\n```/)
    expect(fetchMin()).toBe(1)
  })

  test('is applied, verified and kept; it is in the journal, and taken back by hand', async () => {
    const answer = await run(['advise', '--apply', '--verify', '20s'])
    expect(flat(answer)).toMatch(/step 2 consumer.fetchMinBytes 1 KiB → 1 B: kept/)
    expect(flat(answer)).toMatch(/p99 900 ms → 41 ms expected/)
    expect(answer.exitCode).toBe(0)
    expect(fetchMin()).toBe(1)
    expect(kinds().slice(4)).toEqual(['2 open', '2 applied', '2 settled', '2 kept'])
    expect((await run(['advise', '--check'])).exitCode).toBe(0)
    const { stdout } = await run(['journal'])
    expect(stdout).toMatch(/^step 2 .*kept {2}fetch-wait-dominates-latency/)
    const listed = await run(['journal', '--json'])
    expect(answerSchemas['radtune.journal-list/1'].parse(JSON.parse(listed.stdout)).data?.steps).toHaveLength(
      2,
    )
    expect((await run(['advise', '--undo', '--quiet'])).stdout).toContain('step 2 is taken back')
    expect(fetchMin()).toBe(1024)
    const again = await run(['advise', '--undo', '2'])
    expect(again.stderr).toContain('RT-ADV-004')
    expect(again.exitCode).toBe(2)
  })

  test('is not compared with the start of the stack', async () => {
    const startedAt = memory.clock.now()
    memory.pipeline.startedAt = startedAt
    await run(['advise', '--apply', '--verify', '60s'])
    const { at } = journalLines().find(({ id, kind }) => id === '2' && kind === 'open')
    // The minute before begins after the first 15 s, and latencies look back for 10.
    expect(at - startedAt).toBeGreaterThanOrEqual(85_000)
  })

  test('interrupted after it was applied, it is verified by the next run', async () => {
    const answer = await run(['advise', '--apply', '--verify', '20s'], { stopAt: 'settling' })
    expect(answer.exitCode).toBe(130)
    expect(kinds().slice(4)).toEqual(['2 open', '2 applied'])
    const next = await run(['advise'])
    expect(next.stderr).toContain('step 2 was left open by an earlier run; kept')
    expect(kinds().at(-1)).toBe('2 kept')
    // Over the time that was asked for when it was made: settle, what latencies look back, and 20 s.
    const [applied, verdict] = journalLines()
      .filter(({ kind }) => ['applied', 'verdict'].includes(kind))
      .slice(-2)
    expect(verdict.at - applied.at).toBeGreaterThanOrEqual(45_000)
    expect(verdict.at - applied.at).toBeLessThan(60_000)
  })

  test('killed while it was being applied, it is taken back by the next run', async () => {
    await run(['advise', '--apply', '--verify', '20s'])
    const lines = readFileSync(journalFile(), 'utf8').trimEnd().split('\n')
    writeFileSync(journalFile(), `${lines.slice(0, 5).join('\n')}\n`)
    const next = await run(['advise'])
    expect(next.stderr).toMatch(/step 2 was left open.*taken back/)
    expect(fetchMin()).toBe(1024)
  })

  test('changed by hand meanwhile, it is left as it is', async () => {
    await run(['advise', '--apply', '--verify', '20s'], { stopAt: 'settling' })
    await run(['set', 'consumer.fetchMinBytes=512'])
    const next = await run(['advise'])
    expect(next.stderr).toContain('changed to 512 meanwhile')
    expect(fetchMin()).toBe(512)
  })
})

describe('a change that does not help', () => {
  test('is taken back, and the prediction is called wrong', async () => {
    await slowFetch((bytes) => (bytes === 1 ? 2500 : 900))
    const answer = await run(['advise', '--apply', '--verify', '20s'])
    expect(flat(answer)).toMatch(/: reverted, and taken back/)
    expect(flat(answer)).toContain('the prediction was wrong')
    expect(answer.exitCode).toBe(3)
    expect(fetchMin()).toBe(1024)
    expect(kinds().at(-1)).toBe('2 reverted')
  })

  test('is tried once by the unattended loop, and then left', async () => {
    await slowFetch((bytes) => (bytes === 1 ? 2500 : 900))
    const answer = await run(['advise', '--watch'], { stopAt: 'leaves' })
    const decisions = answer.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(21))
    expect(decisions).toEqual([
      expect.stringMatching(/^changes consumer.fetchMinBytes: /),
      expect.stringMatching(/^step 2 reverted: p99 is worse, the prediction was wrong/),
      'leaves consumer.fetchMinBytes: step 2 was taken back',
    ])
    expect(answer.exitCode).toBe(130)
    expect(fetchMin()).toBe(1024)
  })

  test.each([
    ['with another figure is left too', 16, /^leaves consumer.fetchMinBytes: step \d+ was taken back/],
    ['the other way is another step', 4096, /^would change consumer.fetchMinBytes/],
  ])('one %s', async (_name, triedBefore, said) => {
    await slowFetch((bytes) => (bytes === 1 ? 2500 : 900))
    await run(['advise', '--apply', '--verify', '20s'])
    const journal = join(workingDir, '.radtune', 'journal.ndjson')
    const text = readFileSync(journal, 'utf8')
    writeFileSync(journal, text.replaceAll('"from":1024,"to":1}', `"from":1024,"to":${triedBefore}}`))
    expect(readFileSync(journal, 'utf8')).not.toBe(text)
    const answer = await run(['advise', '--watch', '--dry-run'], { stopAt: 'consumer.fetchMinBytes' })
    expect(answer.stdout.slice(21)).toMatch(said)
  })

  test('the loop stands aside when somebody changes settings, and says only what is new', async () => {
    await slowFetch()
    const dry = await run(['advise', '--watch', '--dry-run'], { stopAt: 'would change' })
    expect(dry.stdout.trimEnd().split('\n')).toHaveLength(1)
    memory.pipeline.p99Ms = () => {
      writeFileSync(
        join(workingDir, '.radtune', 'overlay.yaml'),
        'settings:\n  consumer.fetchMinBytes: 1024\n',
      )
      return 900
    }
    const watched = await run(['advise', '--watch'], { stopAt: 'stands aside' })
    expect(watched.stdout).toMatch(/stands aside: settings were changed by hand/)
    expect(fetchMin()).toBe(1024)
  })

  test('another rate is load, not tuning: the loop goes on', async () => {
    await slowFetch()
    const file = join(workingDir, '.radtune', 'overlay.yaml')
    const tuned = readFileSync(file, 'utf8').replace(/ +provider.rate.*\n/, '')
    memory.pipeline.p99Ms = () => {
      writeFileSync(file, `${tuned}  provider.rate: 900\n`)
      return 900
    }
    const watched = await run(['advise', '--watch', '--dry-run'], { stopAt: 'would change' })
    expect(watched.stdout).toMatch(/would change consumer.fetchMinBytes/)
  })
})

describe('what cannot be done is said', () => {
  test.each([
    [['advise'], 'RT-ADV-003', 4],
    [['advise', '--only', 'no-rule'], 'RT-CLI-003', 2],
    [['advise', '--apply', '--verify', '5h'], 'RT-CLI-003', 2],
    [['advise', '--from', 'missing.ndjson'], 'RT-MON-001', 2],
  ])('%j', async (argv, code, exitCode) => {
    const answer = await run(argv)
    expect(answer.stderr).toContain(code)
    expect(answer.exitCode).toBe(exitCode)
  })

  test('a damaged journal is refused with its line, a cut off last line is not', async () => {
    await slowFetch()
    appendFileSync(journalFile(), '{"schema":"radtune.journal/1","id":"2","at":1,"ki')
    expect((await run(['advise'])).exitCode).toBe(0)
    writeFileSync(journalFile(), `nonsense\n${readFileSync(journalFile(), 'utf8')}`)
    const answer = await run(['advise'])
    expect(answer.stderr).toMatch(/RT-ADV-001[\s\S]*journal.ndjson:1/)
  })

  test('a demo does not overwrite settings that somebody has made', async () => {
    await run(['set', 'producer.main.linger=20ms'])
    const answer = await run(['up', '--demo', 'slow-fetch'])
    expect(answer.stderr).toContain('RT-UP-013')
    expect(answer.exitCode).toBe(2)
  })

  test('a demo that plants something in the slots does so for as long as it is asked for, and in the local runtime only', async () => {
    const launched = async (...argv: string[]) => {
      expect((await run(['up', '--quiet', ...argv])).exitCode).toBe(0)
      return (await memory.runtime.inspect())?.launch
    }
    expect(await launched('--demo', 'leak')).toMatchObject({ slotFault: 'leak=2MiB/s' })
    expect(await launched('--demo', 'leak')).toMatchObject({ slotFault: 'leak=2MiB/s' })
    await run(['set', 'worker.memory=2GiB'])
    const again = await run(['up'])
    expect(again.stderr).toMatch(/~ slotFault {2}leak=2MiB\/s → nothing/)
    expect((await memory.runtime.inspect())?.launch).not.toHaveProperty('slotFault')

    memory.runtime = { ...memory.runtime, name: 'docker' }
    const refused = await run(['up', '--demo', 'memory'])
    expect(refused.stderr).toContain('RT-CLI-021')
    expect(refused.stderr).toContain('radtune up --runtime local --demo memory')
    expect(refused.exitCode).toBe(2)
  })

  test('a recording is judged without a stack', async () => {
    await slowFetch()
    await run(['monitor', '--record', 'run.ndjson', '--until', 'healthy', '--quiet'])
    await run(['down'])
    const answer = await run(['advise', '--from', 'run.ndjson'])
    expect(answer.stdout).toContain('Measured')
    expect(answer.exitCode).toBe(0)
  })
})
