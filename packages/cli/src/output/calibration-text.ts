import type {
  CalibratedPlan,
  CalibrationPoint,
  CalibrationStanding,
  Figure,
  MeasuredCalibration,
} from '@radtune/core/bench'
import { formatCpus } from '@radtune/core/units'
import { figureText, microseconds, othersText, perS } from './bench-text.ts'
import type { Palette } from './palette.ts'
import { wrapText } from './wrap-text.ts'

const WIDTHS = [5, 11, 8, 21, 15, 11] as const

/** The head of the table of slots. */
export function pointHeadText({ palette }: { palette: Palette }): string {
  return palette.dim(row(['slots', 'out', 'busy', 'a slot could do', 'broker/record', 'workers']))
}

/** What one number of slots came to. */
export function pointText({ slots, out, busy, truePerSlot, brokerCpu, workerCpu }: CalibrationPoint): string {
  return row([
    String(slots),
    figureText(out, perS),
    figureText(busy, (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`),
    withNoise(truePerSlot, perS),
    figureText(brokerCpu, microseconds),
    figureText(workerCpu, microseconds),
  ])
}

/** What a calibration comes to. */
export function calibrationText(
  calibration: MeasuredCalibration,
  { columns, palette }: { columns: number; palette: Palette },
): string {
  const { truePerSlot, scaling, brokerCpu, workerCpu, busiest, points, machine } = calibration
  const others = othersText(
    [...new Set([busiest, ...points])].map((point) => ({
      at: `${point.slots} ${point.slots === 1 ? 'slot' : 'slots'}`,
      others: point.others,
    })),
    machine,
  )
  const slot = truePerSlot
    ? `${palette.bold(withNoise(truePerSlot, perS))} a slot, by ${figureText(busiest.out, perS)} while it was busy for ${figureText(busiest.busy, (share) => `${(share * 100).toFixed(1)} %`)} of its time`
    : 'not known: slots were all but idle, or did not tell; a higher --rate says more'
  const worth =
    scaling === null
      ? 'not known: three numbers of slots are needed'
      : `${palette.bold(scaling.toFixed(2))}: what a further slot is worth`
  return [
    '',
    `true rate  ${slot}`,
    `scaling    ${worth}`,
    `broker     ${brokerCpu ? `${palette.bold(withNoise(brokerCpu, microseconds))} of CPU for each record that comes in` : 'not known'}`,
    `workers    ${workerCpu ? `${palette.bold(withNoise(workerCpu, microseconds))} of CPU for each record, all together` : 'not known'}`,
    ...(others === undefined ? [] : wrapText(`others     ${others}`, columns).map(palette.yellow)),
    ...wrapText(
      'written to .radtune/calibration.json: radtune advise uses it, radtune plan --calibrated shows it beside a plan',
      columns,
    ),
  ].join('\n')
}

/** What a calibration says about a plan; where there is none that may be used, why. */
export function calibratedPlanText(
  standing: CalibrationStanding,
  { plan, columns, palette }: { plan: CalibratedPlan | undefined; columns: number; palette: Palette },
): string {
  const head = palette.bold('what the calibration says')
  const said = wrapText(`${standing.sentence}${originText(standing)}.`, columns)
  if (!plan) return [head, ...said].join('\n')
  return [head, ...said, ...planLines(plan).flatMap((line) => wrapText(line, columns))].join('\n')
}

function originText(standing: CalibrationStanding): string {
  if (standing.state !== 'usable') return ''
  const { stack, truePerSlot, scaling, brokerCpu } = standing.calibration
  const slot = truePerSlot ? `a slot does ${perS(truePerSlot.value)}` : 'the rate of a slot is not known'
  const worth =
    scaling === null
      ? 'what more are worth is not, and is taken for half'
      : `a further one is worth ${scaling.toFixed(2)}`
  const broker = brokerCpu ? `, the broker takes ${microseconds(brokerCpu.value)} a record` : ''
  return ` (${stack.profile}, ${stack.runtime}, at ${perS(stack.perSecond)}): ${slot}, ${worth}${broker}`
}

function planLines({
  planned,
  capacityPerSecond,
  brokerPerSecond,
  workerPerSecond,
  rates,
  utilisation,
}: CalibratedPlan): string[] {
  const share = `${Math.round(utilisation * 100)} %`
  return [
    ...rates.map(({ perSecond, slots, brokerCpus }) => {
      const needed =
        capacityPerSecond === null
          ? 'slots not known'
          : slots === null
            ? `more slots than there are partitions (${planned.partitions})`
            : `${slots} ${slots === 1 ? 'slot' : 'slots'} of ${planned.slots}`
      const broker =
        brokerCpus === null
          ? 'broker not known'
          : `${formatCpus(round(brokerCpus))} CPU of the broker's ${formatCpus(planned.brokerCpus)}`
      return `${perS(perSecond)} need ${needed}, ${broker}`
    }),
    ...(capacityPerSecond === null
      ? []
      : [
          `the planned ${planned.slots} slots do ${perS(capacityPerSecond)} at ${share} of their time, where there is CPU for it`,
        ]),
    ...(brokerPerSecond === null
      ? []
      : [`the broker's ${formatCpus(planned.brokerCpus)} CPU are used up at ${perS(brokerPerSecond)}`]),
    ...(workerPerSecond === null
      ? []
      : [`the workers' ${formatCpus(planned.workerCpus)} CPU are used up at ${perS(workerPerSecond)}`]),
    'nothing of the plan is changed by it',
  ]
}

function round(cpus: number): number {
  return Math.round(cpus * 100) / 100
}

function withNoise(figure: Figure | null, print: (value: number) => string): string {
  return figure ? `${print(figure.value)} ± ${print(figure.noise)}` : 'n/a'
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0)).join('')
}
