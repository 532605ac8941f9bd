import * as Flags from '@oclif/core/flags'
import { type Answer, BaseCommand } from '../base-command.ts'
import { initProject } from '../services/init-project.ts'
import { DEFAULT_PROFILE } from '../services/plan-project.ts'

/** `data` of radtune.init/1. */
export interface InitData {
  path: string
  profile: string
  /** Where the text of the file that was there before is kept. */
  backup: string | null
}

export default class Init extends BaseCommand {
  static override schema = 'radtune.init/1'
  static override summary = 'Write an annotated radtune.yaml'
  static override description =
    'Writes radtune.yaml with the profile, and with the settings that people change first as comments: thresholds, parallelism, rate, batches, what is kept, memory and CPU, each with its value, its range and its reason. One that is there is kept unless --overwrite is given.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description: `profile: a name such as 4c8g or 6c12g, or a file [default: ${DEFAULT_PROFILE}]`,
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    overwrite: Flags.boolean({ description: 'replace a radtune.yaml that is there; a copy is kept' }),
  }
  static override examples = ['<%= config.bin %> init', '<%= config.bin %> init --profile 2c4g']

  override async run(): Promise<Answer<InitData>> {
    const { flags } = await this.parse(Init)
    const places = await this.planPlaces(flags)
    const { path, profile, backup } = await initProject(places, {
      profile: flags.profile ?? DEFAULT_PROFILE,
      overwrite: flags.overwrite,
    })
    const kept = backup === undefined ? '' : `; the one before is ${backup}`
    return {
      data: { path, profile, backup: backup ?? null },
      text: `${path} written for ${profile}${kept}    next  radtune plan · radtune up`,
    }
  }
}
