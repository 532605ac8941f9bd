import { resolve } from 'node:path'
import * as Flags from '@oclif/core/flags'
import { type BenchReport, compareReports, parseSteps, type ReportComparison } from '@radtune/core/bench'
import { RadtuneError } from '@radtune/core/errors'
import { formatDuration } from '@radtune/core/units'
import { type Answer, BaseCommand } from '../base-command.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import type { PlanPlaces } from '../services/plan-project.ts'
import type { BenchRequest } from '../services/run-bench.ts'
import { readTime } from '../services/time-flag.ts'
import type { LiveLine } from '../tui/live-line.ts'
import { createProgressLine } from '../tui/progress-line.ts'

const STEPS = '1000,2000,5000,10000'
/** Latencies are over the last ten seconds: less of a step would say nothing of them. */
const LEAST_FOR_MS = 15_000
const MOST_MS = 3_600_000
const SAMPLE_MS = 1000

/** `data` of radtune.bench/1. */
export interface BenchData {
  report: BenchReport
  /** Where it was written. */
  file: string
  comparison: (ReportComparison & { file: string }) | null
}

export default class Bench extends BaseCommand {
  static override schema = 'radtune.bench/1'
  static override summary = 'Load the running stack in steps: its knee, latencies, CPU per record'
  static override description =
    'Sets provider.rate live, step by step, and measures each after a warm-up: p50, p95, p99, CPU for each record, memory, rejects, each with its noise; and finds the knee, the highest step that is carried with p99 within the target of the profile and no growing lag. Ends at a step in which records pile up. The report goes into a file; --against compares with an earlier one and exits with 3 when something is worse beyond noise (docs/bench.md). The rate is put back whatever happens: after Ctrl-C, an error, a stack that ends. It is written down in .radtune/borrowed.json before the first step, so after a kill -9 the next bench, calibrate, advise or up puts it back and says so. While a bench runs, other commands change nothing of the stack.'
  static override flags = {
    steps: Flags.string({
      description: `records per second, upwards [default: ${STEPS}]`,
      helpValue: 'N,N…',
    }),
    for: Flags.string({ description: 'time that each step is measured [default: 30s]', helpValue: 'TIME' }),
    'warm-up': Flags.string({
      description: 'time before each that is not measured [default: 10s]',
      helpValue: 'TIME',
    }),
    report: Flags.string({
      description: 'file that the report goes into [default: .radtune/bench/TIME.json]',
      helpValue: 'FILE',
    }),
    against: Flags.string({
      description: 'compare with this report; exit code 3 on a regression beyond noise',
      helpValue: 'FILE',
    }),
    markdown: Flags.boolean({
      description: 'print the report as Markdown, for a pull request',
      exclusive: ['json'],
    }),
  }
  static override examples = [
    '<%= config.bin %> bench',
    '<%= config.bin %> bench --steps 500,2000,5000 --for 15s --report before.json',
    '<%= config.bin %> bench --steps 500,2000,5000 --for 15s --against before.json',
  ]

  override async run(): Promise<Answer<BenchData>> {
    const { flags } = await this.parse(Bench)
    const steps = readSteps(flags.steps ?? STEPS)
    const forMs = readTime('for', flags.for ?? '30s', {
      least: LEAST_FOR_MS,
      most: MOST_MS,
      why: 'latencies are over the last ten seconds, and noise needs parts of a step',
      example: 'radtune bench --for 30s',
    })
    const warmUpMs = readTime('warm-up', flags['warm-up'] ?? '10s', {
      least: 0,
      most: MOST_MS,
      example: 'radtune bench --warm-up 10s',
    })
    const places = await this.planPlaces(flags)
    const { files } = places
    const [{ defaultReportPath, readReport, refuseOverwriting, writeReport }, { fingerprintMachine }] =
      await Promise.all([import('../services/bench-files.ts'), import('../services/fingerprint-machine.ts')])
    const named = flags.report === undefined ? undefined : resolve(this.world.workingDir, flags.report)
    if (named !== undefined) await refuseOverwriting(files, named)
    const world = await this.world.stackWorld(places.projectDir)
    const machine = await fingerprintMachine(this.world.host, this.config.version)
    const { loadedLaunch } = await import('../services/hold-load.ts')
    const against = flags.against && resolve(this.world.workingDir, flags.against)
    const before = against
      ? await readReport(files, against, {
          steps,
          machine,
          stack: (await loadedLaunch(world)).launch.spec,
        })
      : undefined
    const line = createProgressLine(this.output, { stream: this.world.stderr, now: this.world.clock.now })
    const report = await this.#measure(
      { steps, forMs, warmUpMs, machine },
      { places, world, line, rows: !flags.markdown },
    )
    const file = named ?? defaultReportPath(places.projectDir, report.at)
    await writeReport(files, file, report)
    const comparison = before && against ? { ...compareReports(before, report), file: against } : null
    return {
      data: { report, file, comparison },
      text: await this.#text({ report, file, comparison }, { markdown: flags.markdown }),
      exitCode: comparison && comparison.regressions.length > 0 ? 3 : 0,
    }
  }

  /** Prints each step as it ends, if `rows` are wanted. */
  async #measure(
    request: BenchRequest,
    { places, world, line, rows }: { places: PlanPlaces; world: StackWorld; line: LiveLine; rows: boolean },
  ): Promise<BenchReport> {
    const [{ runBench }, { createStackObserver }, { stepHeadText, stepText }] = await Promise.all([
      import('../services/run-bench.ts'),
      import('../services/stack-observer.ts'),
      import('../output/bench-text.ts'),
    ])
    const observer = createStackObserver(world, { intervalMs: SAMPLE_MS })
    let head = false
    const print = (text: string) => {
      line.hide()
      if (rows) this.output.data(text)
      line.draw()
    }
    try {
      return await runBench(
        {
          world,
          places,
          observer,
          operation: 'bench',
          signal: this.interruption,
          onProgress: (what, leftMs) =>
            line.show(
              leftMs > 0 ? `${what}, ${formatDuration(Math.ceil(leftMs / 1000) * 1000)} to go` : what,
            ),
          onReturned: (sentence) => line.print([sentence]),
          onStep: (step) => {
            if (!head) print(stepHeadText(this.output.stdout))
            head = true
            print(stepText(step, this.output.stdout))
          },
        },
        request,
      )
    } finally {
      line.end()
      await observer.close()
    }
  }

  async #text({ report, file, comparison }: BenchData, { markdown }: { markdown: boolean }): Promise<string> {
    const { stdout } = this.output
    if (markdown) {
      const { benchMarkdown } = await import('../output/bench-markdown.ts')
      return benchMarkdown(report, comparison)
    }
    const [{ reportText, comparisonText }, { benchCharts }] = await Promise.all([
      import('../output/bench-text.ts'),
      import('../tui/view-models/bench-charts.ts'),
    ])
    const charts = stdout.terminal
      ? benchCharts(report.steps, {
          columns: stdout.columns,
          latencyTargetMs: report.latencyTargetMs,
          style: this.world.environment.TERM === 'dumb' ? 'plain' : 'block',
        })
      : []
    return [
      ...charts,
      reportText(report, stdout),
      ...(comparison ? [comparisonText(comparison, { file: comparison.file, style: stdout })] : []),
      `report  ${file}`,
    ].join('\n')
  }
}

function readSteps(text: string): number[] {
  const parsed = parseSteps(text)
  if (parsed.ok) return parsed.value
  throw new RadtuneError('RT-CLI-003', {
    what: `--steps ${text} is no list of steps`,
    why: parsed.problem,
    fix: [`radtune bench --steps ${STEPS}`],
  })
}
