/** A dose class of the page: from `fromUsvh` up to the next class. */
export interface DoseClass {
  fromUsvh: number
  label: string
  /** Name of its colour in page.css. */
  name: string
  /** Its colour; neighbours are told apart with every common colour vision. */
  colour: string
}

export const DOSE_CLASSES: readonly DoseClass[] = [
  { fromUsvh: 0, label: '< 0.05', name: 'dose-0', colour: '#4a6a9e' },
  { fromUsvh: 0.05, label: '0.05–0.10', name: 'dose-1', colour: '#6f7f96' },
  { fromUsvh: 0.1, label: '0.10–0.30', name: 'dose-2', colour: '#94938a' },
  { fromUsvh: 0.3, label: '0.30–1.0', name: 'dose-3', colour: '#bba86f' },
  { fromUsvh: 1, label: '1.0–5.0', name: 'dose-4', colour: '#e0c24f' },
  { fromUsvh: 5, label: '≥ 5.0', name: 'dose-5', colour: '#ffea46' },
]

/** From this dose rate on a sensor wears a ring. */
export const RING_FROM_CLASS = 3

/** Counts per minute that make 1 µSv/h with the tube LND 7317, which is assumed where the device is not known. */
export const DEFAULT_CPM_PER_USVH = 334

/** Index of the class of a dose rate in µSv/h. */
export function doseClassIndex(usvh: number): number {
  let index = DOSE_CLASSES.length - 1
  while (index > 0 && usvh < (DOSE_CLASSES[index]?.fromUsvh ?? 0)) index -= 1
  return index
}

/** The class of a dose rate in µSv/h. */
export function doseClassOf(usvh: number): DoseClass {
  return DOSE_CLASSES[doseClassIndex(usvh)] as DoseClass
}
