import { Args } from '@oclif/core'
import * as Flags from '@oclif/core/flags'
import { RadtuneError } from '@radtune/core/errors'
import { type Answer, BaseCommand } from '../base-command.ts'
import { createLogTeller } from '../output/log-text.ts'
import type { LogLine } from '../ports/runtime.ts'
import { readLogs } from '../services/read-logs.ts'

/** `data` of radtune.logs/1. */
export interface LogsData {
  services: readonly string[]
  lines: { service: string; at: string | null; text: string }[]
}

export default class Logs extends BaseCommand {
  static override schema = 'radtune.logs/1'
  static override summary = 'Show the logs of one service, some or all'
  static override description =
    'Prints the last lines of each service with its name before them, of the stack that runs or, when none does, of the last one.'
  static override strict = false
  static override args = {
    service: Args.string({ description: 'kafka, worker-1, backend…; may be repeated [default: all]' }),
  }
  static override flags = {
    follow: Flags.boolean({
      char: 'f',
      description: 'go on with new lines until Ctrl-C',
      exclusive: ['json'],
    }),
    lines: Flags.string({
      char: 'n',
      description: 'last lines of each service [default: 20]',
      helpValue: 'N',
    }),
  }
  static override examples = [
    '<%= config.bin %> logs',
    '<%= config.bin %> logs kafka worker-1 -n 100',
    '<%= config.bin %> logs provider -f',
  ]

  override async run(): Promise<Answer<LogsData> | undefined> {
    const { flags, argv } = await this.parse(Logs)
    const lines = readLineCount(flags.lines)
    const world = await this.world.stackWorld(await this.projectDir(flags))
    const query = { services: argv as string[], lines, follow: flags.follow === true }
    const answer = await readLogs(world, query, this.interruption)
    if (answer.kind === 'no-stack')
      return {
        data: { services: [], lines: [] },
        text: 'no stack was launched in this project; radtune up starts one',
      }
    const tell = createLogTeller(answer.services, this.output.stdout.palette)
    const shown: LogLine[] = []
    try {
      for await (const line of answer.lines) {
        if (this.output.mode.json) shown.push(line)
        else this.output.data(tell(line))
      }
    } catch (error) {
      if (!this.interruption.aborted) throw error
    }
    const data = shown.map(({ service, at, text }) => ({
      service,
      at: at === undefined ? null : new Date(at).toISOString(),
      text,
    }))
    return { data: { services: answer.services, lines: data } }
  }
}

function readLineCount(text = '20'): number {
  const lines = Number(text)
  if (/^\d+$/.test(text) && lines <= 1_000_000) return lines
  throw new RadtuneError('RT-CLI-003', {
    what: `--lines ${text} is not a number of lines`,
    why: 'it is a whole number from 0 to 1,000,000',
    fix: ['radtune logs -n 100'],
  })
}
