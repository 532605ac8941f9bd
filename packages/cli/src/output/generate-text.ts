import type { ArtifactDifference } from '@radtune/core/render'
import type { GeneratedCompose, GeneratedFile } from '../services/generate-compose.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'

/** Fields of one file that are listed; with more, JSON says the rest. */
const MOST_DIFFERENCES = 60

/** Text of `radtune generate`: each file and what became of it. */
export function generateText(
  { files }: GeneratedCompose,
  { backups, style }: { backups: ReadonlyMap<string, string>; style: StreamStyle },
): string {
  const { palette } = style
  const rows = files.map(({ path, shown, state }) => {
    const backup = backups.get(path)
    return [
      state === 'unchanged' ? palette.dim('unchanged') : palette.green(state === 'new' ? 'new' : 'changed'),
      shown,
      backup === undefined ? '' : `was edited by hand; kept as ${backup.split('/').at(-1)}`,
    ]
  })
  const written = files.filter(({ state }) => state !== 'unchanged').length
  const last =
    written === 0
      ? 'nothing to write: all files are as they would be generated'
      : `${plural(written, 'file')} written    next  docker compose -f ${files[0]?.shown} up --build --wait`
  return [tableText(rows, { columns: style.columns }), '', last].join('\n')
}

/** Text of `radtune generate --check`: what differs, field by field, and a verdict. */
export function checkText({ files }: GeneratedCompose, style: StreamStyle): string {
  const differing = files.filter(({ state }) => state !== 'unchanged')
  if (differing.length === 0)
    return style.palette.green(`in sync: ${plural(files.length, 'file')} as radtune generate writes them`)
  const count = differing.reduce((sum, file) => sum + Math.max(1, file.differences.length), 0)
  return [
    ...differing.map((file) => differencesText(file, style)),
    '',
    `${plural(count, 'difference')} in ${plural(differing.length, 'file')}    write them  the same command without --check`,
  ].join('\n')
}

/** What differs in one file, each field with its place. */
export function differencesText({ shown, state, differences }: GeneratedFile, style: StreamStyle): string {
  const { palette } = style
  if (state === 'new') return `${palette.yellow('missing')}  ${shown}`
  const listed = differences
    .slice(0, MOST_DIFFERENCES)
    .map((difference) => [
      `${shown}:${difference.line}:${difference.column}`,
      difference.path,
      changeText(difference),
    ])
  const more = differences.length - listed.length
  const how = state === 'edited' ? 'edited by hand' : 'generated from something else'
  return [
    `${palette.yellow(how)}  ${shown}`,
    tableText(
      listed.map(([at = '', ...row]) => [`  ${at}`, ...row]),
      { columns: Math.max(style.columns, 120) },
    ),
    ...(more > 0 ? [`  and ${more} more (--json lists all)`] : []),
  ].join('\n')
}

function changeText({ found, wanted }: ArtifactDifference): string {
  return `${found === '' ? '""' : (found ?? 'missing')} → ${wanted === '' ? '""' : (wanted ?? 'not there')}`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
