import { type Answer, BaseCommand } from '../../base-command.ts'
import { detectionText } from '../../output/detection-text.ts'
import { type Detection, detectMachine } from '../../services/detect-machine.ts'

export default class ProfilesDetect extends BaseCommand {
  static override schema = 'radtune.profiles-detect/1'
  static override summary = 'Say what this machine is, and which profiles fit it'
  static override description =
    'Reads CPUs and memory within the limits of the control group that radtune runs in, not those of the host around it; says which profiles fit, and what --profile auto gives.'
  static override examples = [
    '<%= config.bin %> profiles detect',
    '<%= config.bin %> profiles detect --json | jq -r .data.auto.name',
    '<%= config.bin %> up --profile auto',
  ]

  override async run(): Promise<Answer<Detection>> {
    const { flags } = await this.parse(ProfilesDetect)
    const detection = await detectMachine(await this.planPlaces(flags))
    return { data: detection, text: detectionText(detection, this.output.stdout) }
  }
}
