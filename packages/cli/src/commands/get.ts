import { type SettingKey, settings } from '@radtune/core/settings'
import { type Answer, BaseCommand } from '../base-command.ts'
import { getText } from '../output/get-text.ts'
import { type GetData, getData } from '../output/settings-data.ts'

export default class Get extends BaseCommand {
  static override schema = 'radtune.get/1'
  static override summary = 'Show settings: what is in force, where it comes from, who runs by it'
  static override description =
    'Prints the values in force on the running stack, or of the plan when nothing runs, with their origin, and for live settings the revision that each service reports. Without a key, all settings. Exit code 3 when a service runs by something else, or the files say something that is not in force yet.'
  static override strict = false
  static override usage = 'get [KEY…] [FLAGS]'
  static override examples = [
    '<%= config.bin %> get',
    '<%= config.bin %> get pipeline.parallelism producer.main.linger',
    '<%= config.bin %> get provider.rate --json | jq .data.settings[0].value',
  ]

  override async run(): Promise<Answer<GetData>> {
    const { flags, argv } = await this.parse(Get)
    const [{ parseKeys }, { readSettingsInForce }] = await Promise.all([
      import('../services/parse-change.ts'),
      import('../services/read-settings.ts'),
    ])
    const names = argv as string[]
    const wanted =
      names.length > 0
        ? parseKeys(names)
        : (Object.keys(settings) as SettingKey[]).map((key) => ({ name: key, key, service: undefined }))
    const places = await this.planPlaces(flags)
    const world = await this.world.stackWorld(places.projectDir)
    const reading = await readSettingsInForce(world, places, wanted)
    for (const warning of reading.warnings) this.output.warn(warning)
    return {
      data: getData(reading),
      text: getText(reading, { style: this.output.stdout, detailed: names.length > 0 }),
      exitCode: reading.settings.some(({ mismatches }) => mismatches.length > 0) ? 3 : 0,
    }
  }
}
