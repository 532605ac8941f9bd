import * as Flags from '@oclif/core/flags'
import { type Answer, BaseCommand } from '../base-command.ts'
import { doctorText } from '../output/doctor-text.ts'
import { readRuntime } from '../runtime-flag.ts'
import type { Examination } from '../services/examine-machine.ts'

export default class Doctor extends BaseCommand {
  static override schema = 'radtune.doctor/1'
  static override summary = 'Check everything that up needs, each with its fix'
  static override description =
    'Checks memory against the profile, whether limits really hold (with a short-lived busy process), disk for the planned retention, ports, Java, Kafka or Maven, open files, the clock, and the container engine, which the local runtime does not need and the docker runtime does. All at once, some two seconds. Exit code 0; 3 when a problem was found; 4 when none was, but something could not be checked.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description: 'profile that up would launch [default: 4c8g]',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    runtime: Flags.string({
      description: 'runtime that up would launch in: docker or local [default: the one that up would choose]',
      helpValue: 'docker|local',
      env: 'RADTUNE_RUNTIME',
    }),
  }
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --profile auto',
    `<%= config.bin %> doctor --json | jq '.data.checks[] | select(.state != "ok")'`,
  ]

  override async run(): Promise<Answer<Examination>> {
    const { flags } = await this.parse(Doctor)
    const [{ planProject }, { examineMachine }] = await Promise.all([
      import('../services/plan-project.ts'),
      import('../services/examine-machine.ts'),
    ])
    const { spec } = await planProject(await this.planPlaces(flags), {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      assignments: [],
    })
    this.output.say(`checking what ${spec.profile} needs on this machine …`)
    const world = await this.world.stackWorld(
      await this.projectDir(flags),
      readRuntime(flags.runtime, 'doctor'),
    )
    const examination = await examineMachine(world, { spec, signal: this.interruption })
    const { problem, unchecked } = examination.counts
    return {
      data: examination,
      text: doctorText(examination, this.output.stdout),
      exitCode: problem > 0 ? 3 : unchecked > 0 ? 4 : 0,
    }
  }
}
