import { printPlace } from '@radtune/core/compose-file'
import type { Drift } from '@radtune/core/drift'
import { changeWords, countWords, REPORTED } from './drift-words.ts'

/** Rows of a table in a comment on a pull request; with more, the JSON says the rest. */
const MOST_ROWS = 100

/** Markdown for a comment on a pull request: the verdict, a table of what is not in sync, and what was not read. */
export function driftMarkdown(drift: Drift): string {
  const { profile, verdict, sources, items, exitCode, notes } = drift
  const unread = sources.filter(({ state }) => state === 'unchecked')
  const listed = items.filter(
    ({ state, source }) =>
      REPORTED.includes(state) && !(state === 'unchecked' && unread.some(({ name }) => name === source.name)),
  )
  const rows = listed.slice(0, MOST_ROWS).map((item) => {
    const where = item.at === undefined ? item.source.name : printPlace(item.at)
    const also = item.also.length === 0 ? '' : ` and ${item.also.length} more`
    return `| ${[item.state, `${code(item.path)}${also}`, cell(changeWords(item)), code(where), cell(item.why ?? '')].join(' | ')} |`
  })
  return [
    `### radtune drift: ${verdict}`,
    '',
    `Profile ${code(profile)}: ${countWords(drift)} (exit ${exitCode}).`,
    ...(rows.length > 0
      ? ['', '| state | field | wanted → found | where | why |', '| --- | --- | --- | --- | --- |', ...rows]
      : []),
    ...(listed.length > rows.length ? ['', `And ${listed.length - rows.length} more.`] : []),
    ...(unread.length + notes.length > 0 ? [''] : []),
    ...unread.map(({ name, why }) => `- ${code(name)} was not checked: ${cell(why ?? '')}`),
    ...notes.map(({ at, text }) => `- ${at ? `${code(printPlace(at))}: ` : ''}${cell(text)}`),
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll(/[\\|<>*_`[\]]/g, '\\$&').replaceAll(/\s+/g, ' ')
}

/** In a table a bar ends the cell even in code. */
function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')}${fence}`
}
