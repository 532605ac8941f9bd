import { type Drift, type DriftItem, type DriftState, driftStates } from '@radtune/core/drift'

/** States that a reporter speaks of, in the order of the text; in sync and not applicable are only counted. */
export const REPORTED: readonly DriftState[] = driftStates.filter(
  (state) => state !== 'in sync' && state !== 'not applicable',
)

/** What was wanted and what was found, in a few words: `6 → 4`, `set → missing`. */
export function changeWords({ state, wanted, found }: DriftItem): string {
  switch (state) {
    case 'missing':
      return `${shortened(wanted)} → missing`
    case 'unexpected':
      return `not there → ${shortened(found)}`
    case 'no effect':
      return `${shortened(found)}, without effect`
    case 'unchecked':
    case 'not applicable':
      return state
    case 'in sync':
    case 'changed':
    case 'ignored':
      return `${shortened(wanted)} → ${shortened(found)}`
  }
}

/** One sentence about an item, for places that show nothing else. */
export function itemSentence(item: DriftItem): string {
  const also = item.also.length === 0 ? '' : `, and so ${item.also.join(', ')}`
  const why = item.why === undefined ? '' : `: ${item.why}`
  return `${item.path}${also}: ${changeWords(item)} (${item.source.name})${why}`
}

/** The counts, in one line: `3 differences, 41 in sync, 12 not checked`. */
export function countWords({ counts }: Pick<Drift, 'counts'>): string {
  const differences = counts.changed + counts.missing + counts.unexpected + counts['no effect']
  return [
    `${differences} difference${differences === 1 ? '' : 's'}`,
    `${counts['in sync']} in sync`,
    ...(counts.unchecked > 0 ? [`${counts.unchecked} not checked`] : []),
    ...(counts.ignored > 0 ? [`${counts.ignored} ignored`] : []),
    ...(counts['not applicable'] > 0 ? [`${counts['not applicable']} not applicable`] : []),
  ].join(', ')
}

/** Whether an item decides the exit code. */
export function isFailing({ failing }: Drift, item: DriftItem): boolean {
  return failing.includes(item)
}

const LONGEST = 160

function shortened(text = 'nothing'): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}
