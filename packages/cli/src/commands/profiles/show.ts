import * as Args from '@oclif/core/args'
import type { Profile } from '@radtune/core/profile'
import { type Answer, BaseCommand } from '../../base-command.ts'
import { profileText } from '../../output/profile-text.ts'
import { loadProfile } from '../../services/load-profile.ts'
import { DEFAULT_PROFILE } from '../../services/plan-project.ts'

export default class ProfilesShow extends BaseCommand {
  static override schema = 'radtune.profile/1'
  static override summary = 'Show one profile as it is read'
  static override description =
    'Prints the machine, workload and pinned settings of a profile, all values filled in, as YAML.'
  static override args = {
    name: Args.string({ description: 'profile: a name or a file', default: DEFAULT_PROFILE }),
  }
  static override examples = [
    '<%= config.bin %> profiles show 4c8g',
    '<%= config.bin %> profiles show ./mine.yaml',
  ]

  override async run(): Promise<Answer<Profile & { source: string; path: string | null }>> {
    const { args, flags } = await this.parse(ProfilesShow)
    const { profile, source, path } = await loadProfile(args.name, await this.planPlaces(flags))
    return { data: { ...profile, source, path }, text: profileText(profile, path) }
  }
}
