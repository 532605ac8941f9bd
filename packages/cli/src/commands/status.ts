import * as Flags from '@oclif/core/flags'
import { type Answer, BaseCommand } from '../base-command.ts'
import { type StatusData, statusData } from '../output/status-data.ts'
import { statusLine, statusText } from '../output/status-text.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { createStatusReader, readStatus } from '../services/read-status.ts'
import { readTime } from '../services/time-flag.ts'

export default class Status extends BaseCommand {
  static override schema = 'radtune.status/1'
  static override summary = 'Show what runs, what it uses, and where every record is'
  static override description =
    'Prints the services with their memory and CPU against their limits, and the sums of all records: in = normal + critical + dirty + duplicates + in flight. Exit code 0, also when nothing runs; 3 when the counts of a partition do not add up.'
  static override flags = {
    watch: Flags.boolean({
      char: 'w',
      description:
        'on a terminal a screen that refreshes until q; else one line per interval. The stack goes on',
      exclusive: ['json'],
    }),
    interval: Flags.string({
      description: 'time between two readings of --watch [default: 1s]',
      helpValue: 'TIME',
      dependsOn: ['watch'],
    }),
  }
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --watch',
    '<%= config.bin %> status --json | jq .data.records',
  ]

  override async run(): Promise<Answer<StatusData> | undefined> {
    const { flags } = await this.parse(Status)
    const intervalMs = readTime('interval', flags.interval ?? '1s', {
      least: 200,
      example: 'radtune status --watch --interval 2s',
    })
    const world = await this.world.stackWorld(await this.projectDir(flags))
    if (flags.watch) return await this.#watch(world, intervalMs)
    const report = await readStatus(world)
    for (const { partition } of report?.mismatches ?? [])
      this.output.warn(`the counts of partition ${partition} of radiation-data do not add up (RT-UP-007)`)
    return {
      data: statusData(report, world.clock.now()),
      text: report ? statusText(report, this.output.stdout) : 'nothing runs; radtune up starts it',
      exitCode: report && report.mismatches.length > 0 ? 3 : 0,
    }
  }

  async #watch(world: StackWorld, intervalMs: number): Promise<undefined> {
    const reader = createStatusReader(world)
    try {
      if (this.output.stdout.terminal && this.world.stdin.isTTY && this.world.environment.TERM !== 'dumb') {
        // React's development build costs twice as much; it looks when it is loaded.
        process.env.NODE_ENV ??= 'production'
        const { watchStatus } = await import('../tui/watch-status.tsx')
        await watchStatus({
          reader,
          clock: world.clock,
          intervalMs,
          colour: this.output.stdout.colour,
          signal: this.interruption,
          stdin: this.world.stdin as NodeJS.ReadStream,
          stdout: this.world.stdout as NodeJS.WriteStream,
        })
        return
      }
      while (!this.interruption.aborted) {
        const report = await reader.read()
        this.output.data(statusLine(report, world.clock.now()))
        await world.clock.sleep(intervalMs, this.interruption).catch(() => undefined)
      }
    } finally {
      await reader.close()
    }
  }
}
