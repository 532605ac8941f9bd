import * as Flags from '@oclif/core/flags'
import { type Ledger, planLedger, type StackSpec } from '@radtune/core/stack'
import { type Answer, BaseCommand } from '../base-command.ts'
import { planMarkdown } from '../output/plan-markdown.ts'
import { planText } from '../output/plan-text.ts'
import { planProject } from '../services/plan-project.ts'

/** `data` of radtune.plan/1: the plan, the profile it comes from, and its ledger. */
export type PlanData = Omit<StackSpec, 'schema'> & {
  profileSource: { origin: string; kind: string; path: string | null }
  ledger: Ledger
}

export default class Plan extends BaseCommand {
  static override schema = 'radtune.plan/1'
  static override summary = 'Show what would run on a machine, and why'
  static override description =
    'Prints the plan as a ledger: limits, reservations, heaps, slots and partitions of each service with their sums against the machine, what each memory limit holds, topics with the disk they take, client settings, and each number with its reason; and what had to be smaller than the rules would like, and why.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description: 'profile: a name such as 4c8g or 6c12g, auto for this machine, or a file [default: 4c8g]',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    set: Flags.string({
      description: 'pin a setting; may be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    markdown: Flags.boolean({
      description: 'print it as Markdown, for a pull request',
      exclusive: ['json'],
    }),
    'show-origin': Flags.boolean({ description: 'show every setting and where its value came from' }),
  }
  static override examples = [
    '<%= config.bin %> plan --profile 4c8g',
    '<%= config.bin %> plan --profile 6c12g --set kafka.heap=1GiB --show-origin',
    '<%= config.bin %> plan --markdown > plan.md',
    '<%= config.bin %> plan --json | jq .data.ledger.sums',
  ]

  override async run(): Promise<Answer<PlanData>> {
    const { flags } = await this.parse(Plan)
    const { found, spec, profileOrigin } = await planProject(await this.planPlaces(flags), {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      assignments: flags.set ?? [],
    })
    const { schema: _, ...plan } = spec
    const showOrigin = flags['show-origin']
    return {
      data: {
        ...plan,
        profileSource: { origin: profileOrigin, kind: found.source, path: found.path },
        ledger: planLedger(spec),
      },
      text: flags.markdown
        ? planMarkdown(spec, { showOrigin })
        : planText(spec, { style: this.output.stdout, showOrigin }),
    }
  }
}
