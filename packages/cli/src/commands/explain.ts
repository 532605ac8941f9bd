import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { RadtuneError } from '@radtune/core/errors'
import { type Answer, BaseCommand } from '../base-command.ts'
import { explainableNamesText, explanationText } from '../output/explanation-text.ts'
import { explain, explainableNames } from '../services/explain.ts'
import { planProject } from '../services/plan-project.ts'

export default class Explain extends BaseCommand {
  static override schema = 'radtune.explain/1'
  static override summary = 'Explain a setting or an error code'
  static override description =
    'Says what a setting is, what the plan makes of it with the arithmetic filled in, what a change costs, and where the value lands: in compose, on a command line, in an environment, in the broker and its topics. Or what an error code means and how to get out. Without a name, lists what there is.'
  static override args = {
    name: Args.string({ description: 'setting key (kafka.heap, worker-2.memory) or error code (RT-UP-001)' }),
  }
  static override flags = {
    profile: Flags.string({
      description: 'profile whose plan the value is taken from',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
  }
  static override examples = [
    '<%= config.bin %> explain kafka.heap',
    '<%= config.bin %> explain worker.count --profile 16c32g',
    '<%= config.bin %> explain worker-2.memory',
    '<%= config.bin %> explain RT-UP-001',
  ]

  override async run(): Promise<Answer> {
    const { args, flags } = await this.parse(Explain)
    const style = this.output.stdout
    if (args.name === undefined) {
      const names = explainableNames()
      return { data: names, text: explainableNamesText(names, style) }
    }
    const result = explain(args.name, await this.#plan(flags))
    if (!result.ok) {
      const { problem, suggestion } = result
      throw new RadtuneError('RT-CLI-008', {
        what: problem,
        ...(suggestion ? { why: `did you mean ${suggestion}?` } : {}),
        fix: suggestion ? [`radtune explain ${suggestion}`] : ['radtune explain'],
      })
    }
    return { data: result.explanation, text: explanationText(result.explanation, style) }
  }

  /** The plan that values are taken from; a broken profile must not keep anyone from an explanation. */
  async #plan(flags: { profile?: string | undefined; project?: string | undefined }) {
    try {
      const places = await this.planPlaces(flags)
      const fromEnvironment = this.flagsFromEnvironment.has('profile')
      const request = { profile: flags.profile, profileFromEnvironment: fromEnvironment, assignments: [] }
      return (await planProject(places, request)).spec
    } catch (error) {
      if (!(error instanceof RadtuneError) || flags.profile !== undefined) throw error
      this.output.warn(`without values of a plan: ${error.message}`)
      return undefined
    }
  }
}
