import { Args } from '@oclif/core'
import { type Answer, BaseCommand } from '../base-command.ts'
import { type TraceData, traceData } from '../output/trace-data.ts'
import { traceText } from '../output/trace-text.ts'

export default class TraceCommand extends BaseCommand {
  static override schema = 'radtune.trace/1'
  static override summary =
    'Show what became of one record: its stages, why it was dropped or kept, its times'
  static override description =
    'Reads a record of radiation-data on the running stack and finds its output by the source header in normal-data, critical-data and dirty-data: what each stage of the worker said, where the record is now, and when it was sent, written, processed and written again. A record in no output is a duplicate when the workers have committed an offset beyond it, else it is not processed yet. The times of a topic are those that Kafka keeps: when the batch left its producer. Exit code 4 when it cannot be told what became of it.'
  static override args = {
    record: Args.string({
      description: 'PARTITION:OFFSET in radiation-data, such as 0:1234',
      required: true,
    }),
  }
  static override examples = [
    '<%= config.bin %> trace 0:1234',
    '<%= config.bin %> trace 3:17 --json | jq .data.outcome',
  ]

  override async run(): Promise<Answer<TraceData>> {
    const { flags, args } = await this.parse(TraceCommand)
    const { parseRecordPlace, traceRecord } = await import('../services/trace-record.ts')
    const place = parseRecordPlace(args.record)
    const world = await this.world.stackWorld(await this.projectDir(flags))
    const trace = await traceRecord(world, place)
    return {
      data: traceData(trace),
      text: traceText(trace, this.output.stdout),
      exitCode: trace.outcome.kind === 'unknown' ? 4 : 0,
    }
  }
}
