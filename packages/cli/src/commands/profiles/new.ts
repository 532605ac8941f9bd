import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type Answer, BaseCommand } from '../../base-command.ts'
import { writtenProfileText } from '../../output/profile-text.ts'
import { writeProfile } from '../../services/create-profile.ts'
import { describeProfile } from '../../services/describe-profile.ts'

/** `data` of radtune.profiles-new/1. */
export interface ProfilesNewData {
  path: string
  how: string
  backup: string | null
  text: string
}

export default class ProfilesNew extends BaseCommand {
  static override schema = 'radtune.profiles-new/1'
  static override summary = 'Write a profile of your own'
  static override description =
    'Writes profiles/NAME.yaml of the project, with comments that say what can be pinned. What is not given comes from the name (6c12g), else from this machine. The profile is planned before it is written, so it can be launched. A file that is there is kept unless --overwrite is given, and then as a backup beside it.'
  static override args = {
    name: Args.string({ description: 'name of the profile', required: true }),
  }
  static override flags = {
    cpus: Flags.string({ description: 'CPUs of the machine: 4, 1.5 or 500m', helpValue: 'N' }),
    memory: Flags.string({ description: 'memory of the machine: 8GB or 7680MiB', helpValue: 'SIZE' }),
    rate: Flags.string({
      description: 'readings per second, usual and peak: 1000-10000',
      helpValue: 'RANGE',
    }),
    latency: Flags.string({ description: 'target of the latency end to end: 100ms', helpValue: 'TIME' }),
    set: Flags.string({
      description: 'pin a setting; may be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    overwrite: Flags.boolean({
      description: 'replace a profile of that name; the old file is kept as a backup',
    }),
    'dry-run': Flags.boolean({ description: 'print the file and write nothing' }),
  }
  static override examples = [
    '<%= config.bin %> profiles new 6c12g',
    '<%= config.bin %> profiles new lab --cpus 4 --memory 8GB --rate 500-5000 --set kafka.heap=400MiB',
    '<%= config.bin %> profiles new here --dry-run',
  ]

  override async run(): Promise<Answer<ProfilesNewData>> {
    const { args, flags } = await this.parse(ProfilesNew)
    const file = await describeProfile(
      {
        name: args.name,
        cpus: flags.cpus,
        memory: flags.memory,
        rate: flags.rate,
        latency: flags.latency,
        assignments: flags.set ?? [],
      },
      this.world.host,
    )
    const path = `${await this.projectDir(flags)}/profiles/${args.name}.yaml`
    const written = await writeProfile(this.world, {
      path,
      file,
      overwrite: flags.overwrite,
      dryRun: flags['dry-run'],
    })
    return {
      data: { path, how: written.how, backup: written.backup ?? null, text: written.text },
      text: writtenProfileText(written, args.name),
    }
  }
}
