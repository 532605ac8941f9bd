/** What a spelling of a unit means; the raw text decides, not the sensor. */
export type UnitMeaning = 'cpm' | 'sievert' | 'foreign'

const sievertSpellings = new Set(['usv', 'usv/h', 'usv/hr', 'microsievert'])

/**
 * Reads a unit as the data spell it: trimmed, case-folded, both micro signs as `u`. Counts per minute, microsievert per hour
 * (also without its hour, as the web form of Safecast writes it), or something that is no radiation reading.
 */
export function meaningOfUnit(raw: unknown): UnitMeaning {
  if (raw === 'cpm') return 'cpm'
  if (typeof raw !== 'string') return 'foreign'
  const folded = raw.trim().toLowerCase().replace(/[µμ]/g, 'u')
  if (folded === 'cpm') return 'cpm'
  return sievertSpellings.has(folded) ? 'sievert' : 'foreign'
}
