import * as Flags from '@oclif/core/flags'
import type { CalibratedPlan, CalibrationStanding } from '@radtune/core/bench'
import { type Ledger, planLedger, type StackSpec } from '@radtune/core/stack'
import { type Answer, BaseCommand } from '../base-command.ts'
import { planMarkdown } from '../output/plan-markdown.ts'
import { planText } from '../output/plan-text.ts'
import { type PlanPlaces, planProject } from '../services/plan-project.ts'

/** `data` of radtune.plan/1: the plan, the profile it comes from, and its ledger. */
export type PlanData = Omit<StackSpec, 'schema'> & {
  profileSource: { origin: string; kind: string; path: string | null }
  ledger: Ledger
  /** With --calibrated. */
  calibrated?: { standing: Pick<CalibrationStanding, 'state' | 'sentence'>; plan: CalibratedPlan | null }
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
    calibrated: Flags.boolean({
      description:
        'show what radtune calibrate has measured on this machine beside it; the plan stays as it is',
    }),
    'show-origin': Flags.boolean({ description: 'show every setting and where its value came from' }),
  }
  static override examples = [
    '<%= config.bin %> plan --profile 4c8g',
    '<%= config.bin %> plan --profile 6c12g --set kafka.heap=1GiB --show-origin',
    '<%= config.bin %> plan --markdown > plan.md',
    '<%= config.bin %> plan --calibrated',
    '<%= config.bin %> plan --json | jq .data.ledger.sums',
  ]

  override async run(): Promise<Answer<PlanData>> {
    const { flags } = await this.parse(Plan)
    const places = await this.planPlaces(flags)
    const { found, spec, profileOrigin } = await planProject(places, {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      assignments: flags.set ?? [],
    })
    const { schema: _, ...plan } = spec
    const showOrigin = flags['show-origin']
    const calibrated = flags.calibrated ? await this.#calibrated(places, spec) : undefined
    return {
      data: {
        ...plan,
        profileSource: { origin: profileOrigin, kind: found.source, path: found.path },
        ledger: planLedger(spec),
        ...(calibrated ? { calibrated: calibrated.data } : {}),
      },
      text: [
        flags.markdown
          ? planMarkdown(spec, { showOrigin })
          : planText(spec, { style: this.output.stdout, showOrigin }),
        ...(calibrated ? [calibrated.text] : []),
      ].join('\n\n'),
    }
  }

  async #calibrated(places: PlanPlaces, spec: StackSpec) {
    const [{ calibratePlan }, { readCalibration }, { fingerprintMachine }, { calibratedPlanText }] =
      await Promise.all([
        import('@radtune/core/bench'),
        import('../services/calibrate-machine.ts'),
        import('../services/fingerprint-machine.ts'),
        import('../output/calibration-text.ts'),
      ])
    const standing = await readCalibration(places.files, places.projectDir, {
      machine: await fingerprintMachine(this.world.host, this.config.version),
      now: this.world.clock.now(),
    })
    const plan = standing.state === 'usable' ? calibratePlan(spec, standing.calibration) : undefined
    const { state, sentence } = standing
    return {
      data: { standing: { state, sentence }, plan: plan ?? null },
      text: calibratedPlanText(standing, { plan, ...this.output.stdout }),
    }
  }
}
