import * as Args from '@oclif/core/args'
import { compareSpecs, type SpecDifference } from '@radtune/core/stack'
import { type Answer, BaseCommand } from '../../base-command.ts'
import { planDifferencesText } from '../../output/profiles-text.ts'
import { planProject } from '../../services/plan-project.ts'

export default class ProfilesDiff extends BaseCommand {
  static override schema = 'radtune.profiles-diff/1'
  static override summary = 'Compare the plans of two profiles'
  static override description = 'Lists every number of the plan in which two profiles differ.'
  static override args = {
    from: Args.string({ description: 'profile: a name or a file', required: true }),
    to: Args.string({ description: 'profile: a name or a file', required: true }),
  }
  static override examples = ['<%= config.bin %> profiles diff 4c8g 8c16g']

  override async run(): Promise<Answer<{ from: string; to: string; differences: SpecDifference[] }>> {
    const { args, flags } = await this.parse(ProfilesDiff)
    const places = await this.planPlaces(flags)
    const { spec: from } = await planProject(places, { profile: args.from, assignments: [] })
    const { spec: to } = await planProject(places, { profile: args.to, assignments: [] })
    const differences = compareSpecs(from, to)
    return {
      data: { from: from.profile, to: to.profile, differences },
      text: planDifferencesText(differences, {
        style: this.output.stdout,
        from: from.profile,
        to: to.profile,
      }),
    }
  }
}
