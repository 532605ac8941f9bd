import * as Flags from '@oclif/core/flags'
import { type MeasuredCalibration, parseSteps } from '@radtune/core/bench'
import { RadtuneError } from '@radtune/core/errors'
import { formatDuration } from '@radtune/core/units'
import { type Answer, BaseCommand } from '../base-command.ts'
import { readTime } from '../services/time-flag.ts'
import { createProgressLine } from '../tui/progress-line.ts'

const MOST_MS = 3_600_000
const SAMPLE_MS = 1000

export default class Calibrate extends BaseCommand {
  static override schema = 'radtune.calibrate/1'
  static override summary = 'Measure on this machine what a slot can do and what the broker costs'
  static override description =
    'Loads the running stack at 1, 2, 3… slots (the divisors of the partitions, up to those that are planned): once the fewest of them with the whole rate, then each with the same load for every slot. Works out the true rate of a slot (records per second ÷ slots ÷ busy share), what a further slot is worth, and the CPU of broker and workers for each record. It goes into .radtune/calibration.json with its date and this machine: radtune advise uses it, radtune plan --calibrated shows it beside a plan, and nothing is generated from it. One of another machine, or older than 30 days, is said to be so and not used. Slots and rate are put back whatever happens; after a kill -9 by the next bench, calibrate, advise or up.'
  static override flags = {
    slots: Flags.string({
      description:
        'numbers of slots, upwards [default: the divisors of the partitions up to the planned slots]',
      helpValue: 'N,N…',
    }),
    rate: Flags.string({
      description:
        'records per second; the busier slots are, the better [default: the most that the profile is for]',
      helpValue: 'N',
    }),
    for: Flags.string({
      description: 'time that each number of slots is measured [default: 20s]',
      helpValue: 'TIME',
    }),
    'warm-up': Flags.string({
      description: 'time before each that is not measured [default: 10s]',
      helpValue: 'TIME',
    }),
  }
  static override examples = [
    '<%= config.bin %> calibrate',
    '<%= config.bin %> calibrate --rate 20000 --slots 1,2,3',
    '<%= config.bin %> plan --calibrated',
  ]

  override async run(): Promise<Answer<MeasuredCalibration>> {
    const { flags } = await this.parse(Calibrate)
    const slots = flags.slots === undefined ? undefined : readNumbers('slots', flags.slots, '1,2,3')
    const perSecond = flags.rate === undefined ? undefined : readNumbers('rate', flags.rate, '10000')[0]
    const forMs = readTime('for', flags.for ?? '20s', {
      least: 10_000,
      most: MOST_MS,
      why: 'noise needs parts of it',
      example: 'radtune calibrate --for 20s',
    })
    const warmUpMs = readTime('warm-up', flags['warm-up'] ?? '10s', {
      least: 0,
      most: MOST_MS,
      example: 'radtune calibrate --warm-up 10s',
    })
    const [
      { calibrateMachine },
      { createStackObserver },
      { fingerprintMachine },
      { calibrationText, pointHeadText, pointText },
    ] = await Promise.all([
      import('../services/calibrate-machine.ts'),
      import('../services/stack-observer.ts'),
      import('../services/fingerprint-machine.ts'),
      import('../output/calibration-text.ts'),
    ])
    const places = await this.planPlaces(flags)
    const world = await this.world.stackWorld(places.projectDir)
    const machine = await fingerprintMachine(this.world.host, this.config.version)
    const observer = createStackObserver(world, { intervalMs: SAMPLE_MS })
    const line = createProgressLine(this.output, { stream: this.world.stderr, now: this.world.clock.now })
    let head = false
    const print = (text: string) => {
      line.hide()
      this.output.data(text)
      line.draw()
    }
    try {
      const calibration = await calibrateMachine(
        {
          world,
          places,
          observer,
          operation: 'calibrate',
          signal: this.interruption,
          onProgress: (what, leftMs) =>
            line.show(
              leftMs > 0 ? `${what}, ${formatDuration(Math.ceil(leftMs / 1000) * 1000)} to go` : what,
            ),
          onReturned: (sentence) => line.print([sentence]),
          onPoint: (point) => {
            if (!head) print(pointHeadText(this.output.stdout))
            head = true
            print(pointText(point))
          },
        },
        { slots, perSecond, forMs, warmUpMs, machine },
      )
      return { data: calibration, text: calibrationText(calibration, this.output.stdout) }
    } finally {
      line.end()
      await observer.close()
    }
  }
}

function readNumbers(flag: string, text: string, example: string): number[] {
  const parsed = parseSteps(text)
  if (parsed.ok && (flag !== 'rate' || parsed.value.length === 1)) return parsed.value
  throw new RadtuneError('RT-CLI-003', {
    what: `--${flag} ${text} cannot be taken`,
    why: parsed.ok ? 'there is one rate' : parsed.problem,
    fix: [`radtune calibrate --${flag} ${example}`],
  })
}
