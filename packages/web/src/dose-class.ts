/** A dose class of the page: from `fromUsvh` up to the next class. */
export interface DoseClass {
  fromUsvh: number
  label: string
  /** Name of its colour in page.css; neighbours are told apart with every common colour vision. */
  name: string
}

export const DOSE_CLASSES: readonly DoseClass[] = [
  { fromUsvh: 0, label: '< 0.05', name: 'dose-0' },
  { fromUsvh: 0.05, label: '0.05–0.10', name: 'dose-1' },
  { fromUsvh: 0.1, label: '0.10–0.30', name: 'dose-2' },
  { fromUsvh: 0.3, label: '0.30–1.0', name: 'dose-3' },
  { fromUsvh: 1, label: '1.0–5.0', name: 'dose-4' },
  { fromUsvh: 5, label: '≥ 5.0', name: 'dose-5' },
]

/** The class of a dose rate in µSv/h. */
export function doseClassOf(usvh: number): DoseClass {
  return DOSE_CLASSES.findLast(({ fromUsvh }) => usvh >= fromUsvh) ?? (DOSE_CLASSES[0] as DoseClass)
}
