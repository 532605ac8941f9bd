import * as Flags from '@oclif/core/flags'
import type { StackSpec } from '@radtune/core/stack'
import { type Answer, BaseCommand } from '../base-command.ts'
import { planText } from '../output/plan-text.ts'
import { planProject } from '../services/plan-project.ts'

/** `data` of radtune.plan/1: the plan, and the profile it comes from. */
export type PlanData = Omit<StackSpec, 'schema'> & {
  profileSource: { origin: string; kind: string; path: string | null }
}

export default class Plan extends BaseCommand {
  static override schema = 'radtune.plan/1'
  static override summary = 'Show what would run on a machine, and why'
  static override description =
    'Prints the plan as a ledger: limits, reservations, heaps and slots of each service with their sums against the machine, topics, client settings, and each number with its reason.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description: 'profile: a name such as 4c8g or 6c12g, or a file [default: 4c8g]',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    set: Flags.string({
      description: 'pin a setting; may be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'show-origin': Flags.boolean({ description: 'show every setting and where its value came from' }),
  }
  static override examples = [
    '<%= config.bin %> plan --profile 4c8g',
    '<%= config.bin %> plan --profile 6c12g --set kafka.heap=1GiB --show-origin',
    '<%= config.bin %> plan --json | jq .data.totals',
  ]

  override async run(): Promise<Answer<PlanData>> {
    const { flags } = await this.parse(Plan)
    const { found, spec, profileOrigin } = await planProject(await this.planPlaces(flags), {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      assignments: flags.set ?? [],
    })
    const { schema: _, ...plan } = spec
    return {
      data: { ...plan, profileSource: { origin: profileOrigin, kind: found.source, path: found.path } },
      text: planText(spec, { style: this.output.stdout, showOrigin: flags['show-origin'] }),
    }
  }
}
