import { distance } from 'fastest-levenshtein'

/** The columns of Safecast's full dump, in its order. */
export const FULL_DUMP_HEADER = [
  'Captured Time',
  'Latitude',
  'Longitude',
  'Value',
  'Unit',
  'Location Name',
  'Device ID',
  'MD5Sum',
  'Height',
  'Surface',
  'Radiation',
  'Uploaded Time',
  'Loader ID',
] as const

/** The columns of Safecast's filtered dump, in its order. */
export const FILTERED_DUMP_HEADER = [
  'ID',
  'User ID',
  'Captured Time',
  'Latitude',
  'Longitude',
  'Value',
  'Unit',
  'Device ID',
] as const

/** Column numbers, from 0, of what is published; the optional ones only when the file has them. */
export interface DumpColumns {
  /** Fields of every row. */
  fieldCount: number
  capturedTime: number
  latitude: number
  longitude: number
  value: number
  unit: number
  locationName?: number
  deviceId?: number
  md5Sum?: number
  height?: number
  uploadedTime?: number
  loaderId?: number
}

export type DumpHeader = { ok: true; columns: DumpColumns } | { ok: false; problem: string; fix: string[] }

const requiredColumns = {
  'captured time': 'capturedTime',
  latitude: 'latitude',
  longitude: 'longitude',
  value: 'value',
  unit: 'unit',
} as const

const optionalColumns = {
  'location name': 'locationName',
  'device id': 'deviceId',
  md5sum: 'md5Sum',
  height: 'height',
  'uploaded time': 'uploadedTime',
  'loader id': 'loaderId',
} as const

/**
 * Finds the columns of a dump by the names in its first line: in any order, trimmed, in any case, after a byte order mark.
 * The five columns that make a reading must be there, each once; unknown ones are passed over.
 */
export function readDumpHeader(fields: readonly string[]): DumpHeader {
  const names = fields.map((field) =>
    field
      .replace(/^\uFEFF/, '')
      .trim()
      .toLowerCase(),
  )
  const missing = Object.keys(requiredColumns).filter((name) => !names.includes(name))
  if (missing.length > 0) return missingColumns(fields, names, missing)
  const columns: Partial<Record<keyof DumpColumns, number>> = { fieldCount: fields.length }
  for (const [name, key] of Object.entries({ ...requiredColumns, ...optionalColumns })) {
    const at = names.indexOf(name)
    if (at === -1) continue
    if (names.includes(name, at + 1))
      return {
        ok: false,
        problem: `the column "${fields[at]?.trim()}" is there twice`,
        fix: ['head -1 FILE'],
      }
    columns[key] = at
  }
  return { ok: true, columns: columns as DumpColumns }
}

function missingColumns(fields: readonly string[], names: readonly string[], missing: string[]): DumpHeader {
  const titles = missing.map(titleOf)
  const found = clipped(fields.map((field) => field.replace(/^\uFEFF/, '').trim()).join(','))
  const delimiter = fields.length === 1 ? otherDelimiter(names[0] ?? '') : undefined
  if (delimiter)
    return {
      ok: false,
      problem: `the columns are separated by ${delimiter}, not by commas: ${found}`,
      fix: ['export the data again, separated by commas'],
    }
  const renames = missing.flatMap((name) => {
    const near = nearest(
      name,
      names.filter((candidate) => !isKnown(candidate)),
    )
    return near === undefined
      ? []
      : [`rename the column "${fields[names.indexOf(near)]?.trim()}" to "${titleOf(name)}"`]
  })
  return {
    ok: false,
    problem: `${titles.length === 1 ? 'the column' : 'the columns'} ${titles.join(', ')} ${titles.length === 1 ? 'is' : 'are'} missing; the first line is: ${found}`,
    fix: renames.length > 0 ? renames : ['head -1 FILE', 'export the data again with its header line'],
  }
}

function otherDelimiter(line: string): string | undefined {
  if (!line.includes('latitude')) return undefined
  if (line.includes(';')) return 'semicolons'
  if (line.includes('\t')) return 'tabs'
  return line.includes('|') ? 'bars' : undefined
}

/** The one name that a slip of the hand explains; separators do not count (`captured_at`, `CapturedTime`). */
function nearest(name: string, candidates: readonly string[]): string | undefined {
  const bare = (text: string) => text.replace(/[\s_-]/g, '')
  const ranked = candidates
    .map((candidate) => ({ candidate, steps: distance(bare(candidate), bare(name)) }))
    .filter(({ steps }) => steps <= 2)
    .sort((a, b) => a.steps - b.steps)
  return ranked[0]?.candidate
}

const knownNames = new Set([...FULL_DUMP_HEADER, ...FILTERED_DUMP_HEADER].map((title) => title.toLowerCase()))

function isKnown(name: string): boolean {
  return knownNames.has(name)
}

function titleOf(name: string): string {
  return FULL_DUMP_HEADER.find((title) => title.toLowerCase() === name) ?? name
}

function clipped(text: string): string {
  const printable = text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')
  return printable.length > 120 ? `${printable.slice(0, 120)}…` : printable
}
