import { PassThrough } from 'node:stream'
import * as Flags from '@oclif/core/flags'
import { expect, test } from 'vitest'
import { type Answer, BaseCommand } from '../src/base-command.ts'
import { runRadtune } from '../src/run-radtune.ts'
import { createWorld, type World } from '../src/world.ts'
import { emptyFolder } from './run-command.ts'

class Waiting extends BaseCommand {
  static override schema = 'radtune.waiting/1'
  override async run(): Promise<Answer> {
    await this.parse(Waiting)
    const { interruption } = this
    await new Promise((_, reject) => {
      interruption.addEventListener('abort', () => reject(new Error('connection closed')))
      this.output.say('waiting')
    })
    return { data: null }
  }
}

class Asking extends BaseCommand {
  static override schema = 'radtune.asking/1'
  static override flags = {
    rate: Flags.integer({ env: 'RADTUNE_TEST_RATE', default: 1 }),
    loud: Flags.boolean({ env: 'RADTUNE_TEST_LOUD' }),
  }
  override async run(): Promise<Answer> {
    const { flags } = await this.parse(Asking)
    this.output.warn('take care')
    this.output.say('about to ask')
    const agreed = flags.rate > 1 || (await this.confirm('Drop the data?', '--yes'))
    const fromEnvironment = [...this.flagsFromEnvironment]
    return {
      data: { agreed, rate: flags.rate, loud: flags.loud, fromEnvironment },
      text: `agreed: ${agreed}`,
      exitCode: 3,
    }
  }
}

type Interrupt = (signal: 'SIGINT' | 'SIGTERM') => void

async function run(Class: unknown, argv: string[], parts: Partial<World> & { terminal?: boolean } = {}) {
  let stdout = ''
  let stderr = ''
  let interrupt: Interrupt = () => {}
  const heard: (() => void)[] = []
  const { terminal = false, ...world } = parts
  const finished = runRadtune(['act', ...argv], {
    root: `${import.meta.dirname}/..`,
    commands: { ids: ['act'], load: async () => Class },
    world: {
      ...(await createWorld()),
      environment: {},
      workingDir: emptyFolder(),
      stdin: new PassThrough(),
      stdout: {
        isTTY: terminal,
        write(text: string) {
          stdout += text
        },
      },
      stderr: {
        isTTY: terminal,
        write(text: string) {
          stderr += text
          for (const listener of heard.splice(0)) listener()
        },
      },
      onInterrupt(listener) {
        interrupt = listener
        return () => {}
      },
      ...world,
    },
  })
  return {
    firstWord: new Promise<void>((resolve) => (stderr === '' ? heard.push(resolve) : resolve())),
    interrupt: (signal: 'SIGINT' | 'SIGTERM') => interrupt(signal),
    finished: finished.then((exitCode) => ({ exitCode, stdout, stderr })),
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s ends a command that listens with %i, whatever it throws on the way',
  async (signal, exitCode) => {
    for (const argv of [[], ['--json']]) {
      const running = await run(Waiting, argv)
      await running.firstWord
      running.interrupt(signal)
      const end = await running.finished
      expect(end.exitCode).toBe(exitCode)
      if (argv.length === 0) expect(end.stderr).toBe(`waiting\nstopped by ${signal}\n`)
      else
        expect(JSON.parse(end.stdout)).toMatchObject({ ok: false, exitCode, error: { code: 'RT-CLI-007' } })
    }
  },
)

test('a question that nobody can answer names the flag, with exit 2', async () => {
  for (const [argv, why] of [
    [[], 'not a terminal'],
    [['--no-input'], '--no-input was given'],
    [['--json'], '--json was given'],
  ] as const) {
    const { exitCode, stdout, stderr } = await (await run(Asking, [...argv])).finished
    expect(exitCode).toBe(2)
    const said = argv.some((word) => word === '--json') ? stdout : stderr
    expect(said).toContain('RT-CLI-004')
    expect(said.replace(/\s+/g, ' ')).toContain(why)
    expect(said).toContain('repeat the command with --yes')
  }
})

test.each([
  ['y\n', true],
  ['yes\n', true],
  ['\n', false],
  ['no\n', false],
])('on a terminal the answer %j means %s', async (typed, agreed) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  stdin.write(typed)
  const { stdout, exitCode } = await (await run(Asking, [], { stdin, terminal: true })).finished
  expect(stdout).toBe(`agreed: ${agreed}\n`)
  expect(exitCode).toBe(3)
})

test('flags win over the environment, and the environment over defaults', async () => {
  const environment = { RADTUNE_TEST_RATE: '7', RADTUNE_TEST_LOUD: 'yes' }
  const json = async (argv: string[], env: Record<string, string>) => {
    const { stdout } = await (await run(Asking, ['--json', ...argv], { environment: env })).finished
    return JSON.parse(stdout)
  }
  expect((await json([], environment)).data).toMatchObject({
    rate: 7,
    loud: true,
    fromEnvironment: ['rate', 'loud'],
  })
  expect((await json(['--rate', '9'], environment)).data).toMatchObject({
    rate: 9,
    fromEnvironment: ['loud'],
  })
  expect((await json(['--rate', '9'], { RADTUNE_TEST_LOUD: '0' })).data.loud).toBe(false)
  const refused = await json([], { RADTUNE_TEST_RATE: 'fast' })
  expect(refused).toMatchObject({ exitCode: 2, error: { code: 'RT-CLI-003' } })
  expect(refused.error.why).toContain('RADTUNE_TEST_RATE=fast')
})

test('findings keep their exit code and are not ok; warnings are in the document; quiet says nothing else', async () => {
  const { stdout, stderr, exitCode } = await (await run(Asking, ['--json', '--quiet', '--rate', '2']))
    .finished
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'radtune.asking/1',
    ok: false,
    exitCode: 3,
    error: null,
    warnings: ['take care'],
  })
  expect(exitCode).toBe(3)
  expect(stderr).toBe('')
  const text = await (await run(Asking, ['-q', '--rate', '2'])).finished
  expect(text).toMatchObject({ stdout: 'agreed: true\n', stderr: 'warning: take care\n' })
})

test('--json asked for by the environment holds for errors too', async () => {
  const { stdout, exitCode } = await (await run(Asking, ['--bogus'], { environment: { RADTUNE_JSON: '1' } }))
    .finished
  expect(JSON.parse(stdout).error.code).toBe('RT-CLI-002')
  expect(exitCode).toBe(2)
})
