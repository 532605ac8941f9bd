import * as Flags from '@oclif/core/flags'
import type { Rule } from '@radtune/core/advice'
import { formatDuration } from '@radtune/core/units'
import { type Answer, BaseCommand } from '../base-command.ts'
import { adviceMarkdown } from '../output/advice-markdown.ts'
import { adviceText, changeTexts, outcomeText } from '../output/advice-text.ts'
import { type AdviseData, adviseData, rulesText } from '../output/advise-data.ts'
import type { Judged } from '../services/advise-stack.ts'
import type { Stepping } from '../services/run-step.ts'
import { readTime } from '../services/time-flag.ts'
import type { LiveLine } from '../tui/live-line.ts'
import { createProgressLine } from '../tui/progress-line.ts'

const APPLY_TIMEOUT_MS = 120_000
const CHANGES_PER_HOUR = 6
const TIMES = {
  for: { least: 1000, most: 3_600_000, example: 'radtune advise --for 60s' },
  verify: { least: 1000, most: 3_600_000, example: 'radtune advise --apply --verify 60s' },
}

export default class Advise extends BaseCommand {
  static override schema = 'radtune.advise/1'
  static override summary = 'Say what to change and why; apply it, verify it, take it back'
  static override description =
    'Judges the running stack by the tuning rules (docs/tuning.md), from what its services remember and, where a rule needs more, from new measurements. --apply makes the first change, waits until it has settled, compares the same measurements before and after, and takes it back unless it helped. Everything done is in .radtune/journal.ndjson before it is done: an interrupted step is resolved by the next run.'
  static override flags = {
    apply: Flags.boolean({
      description: 'make the first change, verify it, and take it back unless it helped',
    }),
    verify: Flags.string({
      description: 'time that is compared before and after [default: 60s]',
      helpValue: 'TIME',
      dependsOn: ['apply'],
    }),
    keep: Flags.boolean({
      description: 'also keep a change of which nothing can be said',
      dependsOn: ['apply'],
    }),
    undo: Flags.string({
      description: 'take back a kept step by its number; alone, or last: the newest',
      helpValue: '[ID]',
      exclusive: ['apply', 'watch', 'from'],
    }),
    watch: Flags.boolean({
      description: 'go on by itself: judge, change one thing, verify, and so on',
      exclusive: ['apply', 'from', 'check'],
    }),
    'dry-run': Flags.boolean({
      description: 'with --watch: say what would be changed, and change nothing',
      dependsOn: ['watch'],
    }),
    'max-changes': Flags.integer({
      description: `with --watch: steps in an hour [default: ${CHANGES_PER_HOUR}]`,
      min: 1,
      dependsOn: ['watch'],
    }),
    from: Flags.string({
      description: 'judge a recording of radtune monitor --record',
      helpValue: 'FILE',
      exclusive: ['apply', 'for'],
    }),
    for: Flags.string({ description: 'measure so long before judging', helpValue: 'TIME' }),
    only: Flags.string({
      description: 'judge by this rule only; may be repeated',
      helpValue: 'RULE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    rules: Flags.boolean({
      description: 'list the rules with how they stand now',
      exclusive: ['apply', 'watch'],
    }),
    check: Flags.boolean({ description: 'exit code 3 when there is something to change' }),
    diff: Flags.boolean({
      description: 'print the settings that would be changed, before and after',
      exclusive: ['rules', 'explain', 'markdown'],
    }),
    explain: Flags.boolean({
      description: 'also print the numbers that each finding rests on, and what the other rules say',
      exclusive: ['rules'],
    }),
    markdown: Flags.boolean({
      description: 'print Markdown for a pull request, with a chart; with --apply before and after',
      exclusive: ['rules', 'explain', 'watch', 'undo'],
    }),
    profile: Flags.string({
      description: 'with --from: the profile it was recorded with [default: as it says]',
      helpValue: 'NAME',
      dependsOn: ['from'],
    }),
  }
  static override examples = [
    '<%= config.bin %> advise',
    '<%= config.bin %> advise --apply --verify 60s',
    '<%= config.bin %> advise --apply --markdown > advice.md',
    '<%= config.bin %> advise --undo',
    '<%= config.bin %> advise --rules',
    '<%= config.bin %> advise --from run.ndjson --check',
    '<%= config.bin %> advise --watch --dry-run',
  ]

  override async run(): Promise<Answer<AdviseData> | undefined> {
    const { flags } = await this.parse(Advise, namingNewest(this.argv))
    const forMs = flags.for === undefined ? undefined : readTime('for', flags.for, TIMES.for)
    const verifyMs = flags.verify === undefined ? undefined : readTime('verify', flags.verify, TIMES.verify)
    const { adviseStack, rulesNamed } = await import('../services/advise-stack.ts')
    const only = rulesNamed(flags.only ?? [])
    if (flags.from !== undefined)
      return this.#answer(await this.#judgeRecording(flags.from, flags, only), flags)
    const line = createProgressLine(this.output, { stream: this.world.stderr, now: this.world.clock.now })
    const stepping = await this.#stepping(flags, { verifyMs, line })
    try {
      const { resolveOpenStep, runStep, undoStep } = await import('../services/run-step.ts')
      const resolved = await resolveOpenStep(stepping)
      if (resolved) line.print([`step ${resolved.id} was left open by an earlier run; ${resolved.sentence}`])
      if (flags.undo !== undefined) {
        const entry = await undoStep(stepping, flags.undo === 'last' ? undefined : flags.undo)
        line.end()
        this.output.data(
          `step ${entry.id} is taken back: ${changeTexts(entry.opened.step.changes).join(', ')}`,
        )
        return
      }
      if (flags.watch) return await this.#watch(stepping, { flags, only, line })
      const judged = await adviseStack(stepping.applying.world, stepping.observer, {
        request: { forMs, only },
        journal: stepping.journal,
        standing: stepping.standing,
        signal: this.interruption,
        onSample: (leftMs) => line.show(leftMs > 0 ? `measuring, ${formatDuration(leftMs)} to go` : ''),
      })
      line.show('')
      const step = judged.advice.next
      if (!flags.apply || !step) {
        line.end()
        return this.#answer(judged, flags, { resolved: resolved ?? null })
      }
      line.print(
        this.output.mode.json || flags.markdown
          ? []
          : adviceText(judged, this.output.stdout).split('\n').slice(0, -1),
      )
      const finding = judged.advice.findings.find(({ steps }) => steps.includes(step))
      const outcome = await runStep(stepping, { step, finding, by: 'radtune advise --apply' })
      line.end()
      return {
        data: adviseData(judged, { outcome, resolved: resolved ?? null }),
        text: flags.markdown ? adviceMarkdown(judged, outcome) : outcomeText(outcome, this.output.stdout),
        exitCode: outcome.verdict.verdict === 'kept' ? 0 : 3,
      }
    } finally {
      line.end()
      await stepping.observer.close()
    }
  }

  async #stepping(
    flags: { project?: string | undefined; keep?: boolean },
    { verifyMs, line }: { verifyMs: number | undefined; line: LiveLine },
  ): Promise<Stepping> {
    const [
      { createStackObserver },
      { createJournalStore },
      { adviceLaunch, sampleEvery },
      { returnLeftBehind },
      { readCalibration },
      { fingerprintMachine },
    ] = await Promise.all([
      import('../services/stack-observer.ts'),
      import('../services/journal-store.ts'),
      import('../services/advise-stack.ts'),
      import('../services/borrow-settings.ts'),
      import('../services/calibrate-machine.ts'),
      import('../services/fingerprint-machine.ts'),
    ])
    const places = await this.planPlaces(flags)
    const world = await this.world.stackWorld(places.projectDir)
    const { spec } = await adviceLaunch(world)
    const returned = await returnLeftBehind(world, places, { operation: 'advise' })
    if (returned) line.print([returned])
    const standing = await readCalibration(places.files, places.projectDir, {
      machine: await fingerprintMachine(this.world.host, this.config.version),
      now: this.world.clock.now(),
    })
    return {
      standing,
      applying: {
        world,
        places,
        signal: this.interruption,
        timeoutMs: APPLY_TIMEOUT_MS,
        onEvent: () => undefined,
      },
      observer: createStackObserver(world, { intervalMs: sampleEvery(spec) }),
      journal: createJournalStore(places.files, places.projectDir, (text) => this.output.warn(text)),
      verifyMs,
      keep: flags.keep === true,
      onProgress: (what, leftMs) =>
        line.show(
          leftMs === undefined ? what : `${what}, ${formatDuration(Math.ceil(leftMs / 1000) * 1000)} to go`,
        ),
    }
  }

  async #judgeRecording(
    file: string,
    flags: { profile?: string | undefined; project?: string | undefined },
    only: readonly Rule[],
  ): Promise<Judged> {
    const [{ adviseRecording }, { readRecording }, { planProject }, { resolve }] = await Promise.all([
      import('../services/advise-stack.ts'),
      import('../services/record-snapshots.ts'),
      import('../services/plan-project.ts'),
      import('node:path'),
    ])
    const recording = await readRecording(this.world.files, resolve(this.world.workingDir, file))
    for (const warning of recording.warnings) this.output.warn(warning)
    const { spec } = await planProject(await this.planPlaces(flags), {
      profile: flags.profile ?? recording.header.profile,
      profileFromEnvironment: false,
      assignments: [],
      pins: [],
    })
    return await adviseRecording(recording, {
      spec,
      only,
      clock: this.world.clock,
      signal: this.interruption,
    })
  }

  #answer(
    judged: Judged,
    flags: { rules?: boolean; check?: boolean; diff?: boolean; explain?: boolean; markdown?: boolean },
    done: Parameters<typeof adviseData>[1] = {},
  ): Answer<AdviseData> {
    const data = adviseData(judged, done)
    const { stdout } = this.output
    const text = flags.rules
      ? rulesText(data, stdout.palette.bold)
      : flags.diff
        ? judged.advice.steps.flatMap(({ changes }) => changeTexts(changes)).join('\n')
        : flags.markdown
          ? adviceMarkdown(judged, undefined)
          : adviceText(judged, { ...stdout, explain: flags.explain === true })
    return { data, text, exitCode: flags.check && judged.advice.steps.length > 0 ? 3 : 0 }
  }

  async #watch(
    stepping: Stepping,
    {
      flags,
      only,
      line,
    }: {
      flags: { 'dry-run'?: boolean; 'max-changes'?: number | undefined }
      only: readonly Rule[]
      line: LiveLine
    },
  ): Promise<undefined> {
    const { watchAdvice } = await import('../services/watch-advice.ts')
    const limits = {
      only,
      changesPerHour: flags['max-changes'] ?? CHANGES_PER_HOUR,
      dryRun: flags['dry-run'] === true,
    }
    for await (const decision of watchAdvice(stepping, limits)) {
      line.hide()
      const time = `${new Date(decision.at).toISOString().slice(0, 19)}Z`
      this.output.data(`${time} ${decision.sentence}`)
      line.draw()
    }
  }
}

/** The words of a command line in which a bare `--undo` has got its value. */
function namingNewest(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    const isBare = word === '--undo' && (words[at + 1] ?? '-').startsWith('-')
    return isBare ? [word, 'last'] : [word]
  })
}
