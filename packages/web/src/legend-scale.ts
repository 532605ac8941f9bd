import { DEFAULT_CPM_PER_USVH, DOSE_CLASSES, type DoseClass } from './dose-class.ts'
import { formatCount, type Unit } from './format.ts'

/** A class on a logarithmic scale: how much of it the class takes, and the bound at its left end. */
export interface LegendStep {
  dose: DoseClass
  /** Decades. */
  width: number
  /** Text of its lower bound; null for the lowest class. */
  bound: string | null
}

/** The open classes at both ends are drawn this many decades wide. */
const END_DECADES = 0.5

/** The dose classes on a logarithmic scale; bounds in CPM are with the default factor. */
export function legendSteps(unit: Unit): LegendStep[] {
  return DOSE_CLASSES.map((dose, index) => {
    const next = DOSE_CLASSES[index + 1]
    const width = index === 0 || !next ? END_DECADES : Math.log10(next.fromUsvh / dose.fromUsvh)
    return { dose, width, bound: index === 0 ? null : boundText(dose.fromUsvh, unit) }
  })
}

function boundText(usvh: number, unit: Unit): string {
  if (unit === 'cpm') return formatCount(usvh * DEFAULT_CPM_PER_USVH)
  return usvh < 0.1 ? usvh.toFixed(2) : usvh.toFixed(1)
}
