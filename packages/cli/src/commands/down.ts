import * as Flags from '@oclif/core/flags'
import type { RecordSums } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
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
  /** With --volumes: bytes of records that were dropped; null when there were none or they were kept. */
  droppedBytes: number | null
}

export default class Down extends BaseCommand {
  static override schema = 'radtune.down/1'
  static override summary = 'Stop the pipeline, in order and with nothing lost'
  static override description =
    'Stops provider, frontend, backend, workers and Kafka in this order, each with time to finish. Records stay in .radtune, and the next radtune up goes on where this one stopped. Nothing running is no error. With --volumes the records are dropped.'
  static override flags = {
    volumes: Flags.boolean({
      description: 'drop the records of the project too; asks for the name of the project folder',
    }),
    confirm: Flags.string({ description: 'the name that --volumes asks for', helpValue: 'NAME' }),
  }
  static override examples = [
    '<%= config.bin %> down',
    '<%= config.bin %> down --volumes --confirm my-project',
  ]

  override async run(): Promise<Answer<DownData>> {
    const { flags } = await this.parse(Down)
    const projectDir = await this.projectDir(flags)
    const world = await this.world.stackWorld(projectDir)
    if (flags.volumes) await this.#confirmDrop(world.project.directory, flags.confirm)
    else if (flags.confirm !== undefined)
      throw new RadtuneError('RT-CLI-021', {
        what: '--confirm answers the question of --volumes, which is not given',
        fix: ['radtune down --volumes --confirm NAME'],
      })
    await this.adoptWritten(world, await this.planPlaces(flags), 'down')
    const outcome = await stopStack(world, {
      dropData: flags.volumes,
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
        droppedBytes: outcome.dropped?.bytes ?? null,
      },
      text: downText(outcome, this.output.stdout.palette),
    }
  }

  /** Records that are dropped cannot be had back, so the question is one that nobody answers without reading it. */
  async #confirmDrop(folder: string, given: string | undefined): Promise<void> {
    const { basename } = await import('node:path')
    const name = basename(folder)
    const answer =
      given ??
      (await this.ask(
        `All records of ${name} will be dropped. Type the name of the project to go on:`,
        `--confirm ${name}`,
      ))
    if (answer === name) return
    throw new RadtuneError('RT-UP-009', {
      what: '--volumes was not confirmed',
      why: `"${answer}" is not the name of the project folder, ${name}`,
      fix: [`radtune down --volumes --confirm ${name}`],
      left: 'nothing was changed',
    })
  }
}
