import * as Args from '@oclif/core/args'
import { compareProfiles, type ProfileDifference } from '@radtune/core/profile'
import { compareSpecs, type SpecDifference } from '@radtune/core/stack'
import { type Answer, BaseCommand } from '../../base-command.ts'
import { profileDifferencesText } from '../../output/profiles-text.ts'
import { planProject } from '../../services/plan-project.ts'

/** `data` of radtune.profiles-diff/1. */
export interface ProfilesDiffData {
  from: string
  to: string
  /** What the profiles themselves say. */
  profile: ProfileDifference[]
  /** What is planned from them. */
  differences: SpecDifference[]
}

export default class ProfilesDiff extends BaseCommand {
  static override schema = 'radtune.profiles-diff/1'
  static override summary = 'Compare two profiles and their plans'
  static override description =
    'Lists, field by field, what two profiles say differently, and every number of the planned stack that differs for it.'
  static override args = {
    from: Args.string({ description: 'profile: a name or a file', required: true }),
    to: Args.string({ description: 'profile: a name or a file', required: true }),
  }
  static override examples = ['<%= config.bin %> profiles diff 4c8g 8c16g']

  override async run(): Promise<Answer<ProfilesDiffData>> {
    const { args, flags } = await this.parse(ProfilesDiff)
    const places = await this.planPlaces(flags)
    const before = await planProject(places, { profile: args.from, assignments: [] })
    const after = await planProject(places, { profile: args.to, assignments: [] })
    const profile = compareProfiles(before.found.profile, after.found.profile)
    const differences = compareSpecs(before.spec, after.spec)
    const [from, to] = [before.spec.profile, after.spec.profile]
    return {
      data: { from, to, profile, differences },
      text: profileDifferencesText({ profile, differences }, { style: this.output.stdout, from, to }),
    }
  }
}
