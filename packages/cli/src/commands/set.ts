import * as Flags from '@oclif/core/flags'
import { RadtuneError } from '@radtune/core/errors'
import { type Answer, BaseCommand } from '../base-command.ts'
import { setText } from '../output/set-text.ts'
import { type SetData, setData } from '../output/settings-data.ts'
import type { ChangedSetting, SettingsChange } from '../services/change-settings.ts'
import { readTime } from '../services/time-flag.ts'

export default class SetSettings extends BaseCommand {
  static override schema = 'radtune.set/1'
  static override summary = 'Change settings, live where that is possible'
  static override description =
    'Checks each value against its range and the plan, writes it to .radtune/overlay.yaml, and on a running stack tells the services over the settings topic and waits until all that read it run by it. KEY= takes a setting back to the value of the plan. A setting that is not live is written, and radtune up or --now applies it; without, the exit code is 3.'
  static override strict = false
  static override usage = 'set KEY=VALUE [KEY=VALUE…] [FLAGS]'
  static override flags = {
    unset: Flags.string({
      description: 'take a setting back to the value of the plan; may be repeated',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
    }),
    irreversible: Flags.boolean({
      description: 'allow a change that existing topics cannot take back, such as of partitions',
    }),
    now: Flags.boolean({
      description: 'also restart, add or remove the services that a change needs, as radtune up would',
      exclusive: ['dry-run', 'irreversible'],
    }),
    'dry-run': Flags.boolean({ description: 'say what would change, and change nothing' }),
    timeout: Flags.string({
      description: 'longest wait for the services to run by it [default: 60s]',
      helpValue: 'TIME',
    }),
  }
  static override examples = [
    '<%= config.bin %> set pipeline.parallelism=3',
    '<%= config.bin %> set producer.main.linger=20ms producer.main.batchBytes=64KiB',
    '<%= config.bin %> set worker.count=3 --now',
    '<%= config.bin %> set provider.rate=5000 --dry-run',
    '<%= config.bin %> set pipeline.parallelism=',
  ]

  override async run(): Promise<Answer<SetData>> {
    const { flags, argv } = await this.parse(SetSettings)
    const timeoutMs = readTime('timeout', flags.timeout ?? '60s', {
      example: 'radtune set --timeout 60s KEY=VALUE',
    })
    const [{ parseChanges }, { changeSettings }] = await Promise.all([
      import('../services/parse-change.ts'),
      import('../services/change-settings.ts'),
    ])
    const changes = parseChanges(argv as string[], flags.unset ?? [])
    if (changes.length === 0)
      throw new RadtuneError('RT-CLI-003', {
        what: 'nothing is named that is to be changed',
        fix: ['radtune set KEY=VALUE', 'radtune get'],
      })
    const places = await this.planPlaces(flags)
    const world = await this.world.stackWorld(places.projectDir)
    const outcome = await changeSettings(world, places, {
      request: {
        changes,
        irreversible: flags.irreversible,
        dryRun: flags['dry-run'],
        timeoutMs,
      },
      signal: this.interruption,
    })
    for (const warning of outcome.warnings) this.output.warn(warning)
    const rest = restOf(outcome)
    if (flags.now && rest.length > 0) {
      this.output.say(`${rest.map(({ name }) => name).join(', ')}: starting anew what needs it`)
      const { relaunch } = await import('../services/apply-changes.ts')
      const { interruption: signal } = this
      await relaunch({ world, places, signal, timeoutMs, onEvent: () => undefined })
      for (const setting of rest) setting.state = 'in force'
    }
    return {
      data: setData(outcome),
      text: setText(outcome, this.output.stdout),
      exitCode: restOf(outcome).length > 0 ? 3 : 0,
    }
  }
}

/** What is written and not in force. */
function restOf({ running, settings }: SettingsChange): ChangedSetting[] {
  return running ? settings.filter(({ state }) => state === 'next up') : []
}
