import { printPlace } from '@radtune/core/compose-file'
import type { Drift, DriftItem, DriftState } from '@radtune/core/drift'
import { displayWidth } from './display-width.ts'
import { changeWords, countWords, itemSentence } from './drift-words.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'
import { wrapText } from './wrap-text.ts'

const signs: Readonly<Partial<Record<DriftState, string>>> = {
  changed: '~',
  missing: '-',
  unexpected: '+',
  'no effect': '!',
  ignored: '·',
}

/** Path, place, values. */
type DifferenceRow = readonly [string, string, string]

const ROOM_FOR_VALUES = 34
const INDENT = '      '

/** Text of `radtune drift`: what was compared, each difference with its place, what was not checked, and the verdict. */
export function driftText(drift: Drift, style: StreamStyle): string {
  const { palette } = style
  const { profile, sources, items, notes, exitCode } = drift
  const read = [...new Set(sources.filter(({ state }) => state === 'read').map(sourceLabel))]
  const rows = items.filter(({ state }) => signs[state] !== undefined).map((item) => itemRow(item, style))
  const unread = sources.filter(({ state }) => state === 'unchecked')
  const untold = items.filter(
    ({ state, source }) => state === 'unchecked' && !unread.some(({ name }) => name === source.name),
  )
  return [
    `${palette.bold('desired')}  ${profile} with what is set over it`,
    `${palette.bold('found')}    ${read.length > 0 ? read.join(', ') : 'nothing could be read'}`,
    ...(rows.length > 0 ? ['', ...differenceLines(rows, style)] : []),
    ...(unread.length + untold.length > 0 ? [''] : []),
    ...unread.map(({ name, why }) => palette.dim(`  ? ${name} was not checked: ${why}`)),
    ...untold.map(({ path, why }) => palette.dim(`  ? ${path} was not checked: ${why}`)),
    ...(notes.length > 0 ? [''] : []),
    ...notes.map(({ at, text }) => palette.dim(`  note  ${at ? `${printPlace(at)}: ` : ''}${text}`)),
    '',
    verdictLine(drift, style),
    ...(exitCode === 3 ? [nextLines(drift, style)] : []),
  ].join('\n')
}

/** As a table, or one below the other where a line has no room for path, place and values. */
function differenceLines(rows: readonly DifferenceRow[], { columns, palette }: StreamStyle): string[] {
  const widest = (of: 0 | 1) => Math.max(...rows.map((row) => displayWidth(row[of])))
  if (widest(0) + widest(1) + ROOM_FOR_VALUES <= columns) return [tableText(rows, { columns })]
  return rows.flatMap(([path, where, values]) => [
    path,
    ...wrapText(values, columns - INDENT.length).map((line) => `${INDENT}${line}`),
    `${INDENT}${palette.dim(where)}`,
  ])
}

/** Files by their names, the many questions to what runs by what they are about. */
function sourceLabel({ kind, name }: Drift['sources'][number]): string {
  switch (kind) {
    case 'services':
      return 'running services'
    case 'settings':
      return 'settings in force'
    case 'files':
    case 'kafka':
    case 'flink':
    case 'rules':
      return name
  }
}

function itemRow(item: DriftItem, { palette }: StreamStyle): DifferenceRow {
  const { state, path, also, source, at, why } = item
  const sign = signs[state] ?? ' '
  const paint = state === 'ignored' ? palette.dim : state === 'no effect' ? palette.yellow : palette.red
  const others = also.length === 0 ? '' : ` (and ${also.length} more)`
  const where = at === undefined ? source.name : printPlace(at)
  return [
    `  ${paint(sign)} ${path}${others}`,
    where,
    `${changeWords(item)}${why === undefined ? '' : `: ${why}`}`,
  ]
}

/** Text of `radtune drift --watch`: what has changed since the comparison before. */
export function newsText({
  appeared,
  gone,
}: {
  appeared: readonly DriftItem[]
  gone: readonly DriftItem[]
}): string[] {
  return [
    ...appeared.map((item) => `${signs[item.state] ?? '?'} ${itemSentence(item)}`),
    ...gone.map(({ path, source }) => `= ${path}: in sync again (${source.name})`),
  ]
}

/** "In sync" without more is only said when everything was checked. */
function verdictLine(drift: Drift, { palette }: StreamStyle): string {
  const { verdict, counts, exitCode } = drift
  const line = `${countWords(drift)}.`
  switch (verdict) {
    case 'drift':
      return `${palette.red(line)}    exit ${exitCode}`
    case 'not checked':
      return `${palette.yellow(`could not be checked: ${line}`)}    exit ${exitCode}`
    case 'in sync':
      return counts.unchecked > 0
        ? palette.yellow(`in sync as far as it could be checked: ${line}`)
        : palette.green(`in sync: ${line}`)
  }
}

function nextLines({ items, foreign, sources }: Drift, { columns }: StreamStyle): string {
  if (foreign)
    return `  a profile of these files  radtune import ${sources.map(({ name }) => name.replaceAll(', ', ' -f ')).join(' ')}`
  const differing = items.filter(({ state }) => signs[state] !== undefined && state !== 'ignored')
  const inFiles = differing.some(({ source }) => source.kind === 'files')
  const running = differing.some(({ source }) => source.kind !== 'files' && source.kind !== 'rules')
  const acceptable = differing.some(({ accept }) => accept !== undefined)
  const next = [
    ...(acceptable ? [['  accept these', 'radtune drift --accept']] : []),
    ...(inFiles ? [['  write the files anew', 'radtune generate']] : []),
    ...(running ? [['  restore what runs', 'radtune up']] : []),
  ]
  return tableText(next, { columns })
}
