import type { RecordSums } from '@radtune/core/contract'
import { type Answer, BaseCommand } from '../base-command.ts'
import { downText, stopEventText } from '../output/down-text.ts'
import { stopStack } from '../services/stop-stack.ts'

/** `data` of radtune.down/1. */
export interface DownData {
  /** False when nothing ran. */
  stopped: boolean
  services: readonly string[]
  /** What became of the records up to the stop; null when Kafka did not answer, with the why beside. */
  records: RecordSums | null
  recordsWhy: string | null
  elapsedMs: number
}

export default class Down extends BaseCommand {
  static override schema = 'radtune.down/1'
  static override summary = 'Stop the pipeline, in order and with nothing lost'
  static override description =
    'Stops provider, frontend, backend, workers and Kafka in this order, each with time to finish. Records stay in .radtune, and the next radtune up goes on where this one stopped. Nothing running is no error.'
  static override examples = ['<%= config.bin %> down']

  override async run(): Promise<Answer<DownData>> {
    const { flags } = await this.parse(Down)
    const world = await this.world.stackWorld(await this.projectDir(flags))
    const outcome = await stopStack(world, {
      onEvent: (event) => {
        const text = stopEventText(event, this.output.stderr.palette)
        if (text !== undefined) this.output.say(text)
      },
    })
    const records = outcome.kind === 'stopped' ? outcome.records : undefined
    return {
      data: {
        stopped: outcome.kind === 'stopped',
        services: outcome.kind === 'stopped' ? outcome.services : [],
        records: records?.known ? records.value : null,
        recordsWhy: records?.known ? null : (records?.why ?? 'nothing ran'),
        elapsedMs: outcome.kind === 'stopped' ? outcome.elapsedMs : 0,
      },
      text: downText(outcome, this.output.stdout.palette),
    }
  }
}
