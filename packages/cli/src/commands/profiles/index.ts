import { type Answer, BaseCommand } from '../../base-command.ts'
import { profilesText } from '../../output/profiles-text.ts'
import { type ListedProfile, listProfiles } from '../../services/list-profiles.ts'
import { DEFAULT_PROFILE } from '../../services/plan-project.ts'

export default class Profiles extends BaseCommand {
  static override schema = 'radtune.profiles/1'
  static override summary = 'List the machines that radtune has profiles for'
  static override description =
    "Lists the profiles in the project's profiles/ folder and those that radtune ships. A project's own profile wins over a shipped one of the same name."
  static override examples = ['<%= config.bin %> profiles', '<%= config.bin %> profiles show 4c8g']

  override async run(): Promise<Answer<{ profiles: ListedProfile[]; default: string }>> {
    const { flags } = await this.parse(Profiles)
    const profiles = await listProfiles(await this.planPlaces(flags))
    return {
      data: { profiles, default: DEFAULT_PROFILE },
      text: profilesText(profiles, { style: this.output.stdout, defaultName: DEFAULT_PROFILE }),
    }
  }
}
