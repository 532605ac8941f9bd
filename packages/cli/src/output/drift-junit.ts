import { printPlace } from '@radtune/core/compose-file'
import type { Drift, DriftItem } from '@radtune/core/drift'
import { changeWords, isFailing, itemSentence } from './drift-words.ts'

/** JUnit XML of a comparison: a suite for each source, a case for each field; what was not checked is skipped, or an error if that fails. */
export function driftJunit(drift: Drift): string {
  const suites = drift.sources.map(({ name }) => ({
    name,
    items: drift.items.filter(({ source }) => source.name === name),
  }))
  const rules = drift.items.filter(({ source }) => !suites.some(({ name }) => name === source.name))
  if (rules.length > 0) suites.push({ name: 'ignore rules', items: rules })
  const all = countsOf(drift, drift.items)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="radtune drift"${attributes(all)}>`,
    ...suites.flatMap(({ name, items }) => [
      `  <testsuite name="${escaped(name)}"${attributes(countsOf(drift, items))}>`,
      ...items.map((item) => `    ${caseOf(drift, item)}`),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n')
}

interface Counts {
  tests: number
  failures: number
  errors: number
  skipped: number
}

function countsOf(drift: Drift, items: readonly DriftItem[]): Counts {
  const outcomes = items.map((item) => outcomeOf(drift, item))
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length
  return {
    tests: items.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  }
}

function attributes(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('')
}

function outcomeOf(drift: Drift, item: DriftItem): 'passed' | 'failure' | 'error' | 'skipped' {
  if (isFailing(drift, item)) return item.state === 'unchecked' ? 'error' : 'failure'
  return item.state === 'in sync' ? 'passed' : 'skipped'
}

function caseOf(drift: Drift, item: DriftItem): string {
  const file = item.at === undefined ? '' : ` file="${escaped(item.at.file)}" line="${item.at.line}"`
  const open = `<testcase classname="${item.class}" name="${escaped(item.path)}"${file}`
  const outcome = outcomeOf(drift, item)
  switch (outcome) {
    case 'passed':
      return `${open}/>`
    case 'skipped':
      return `${open}><skipped message="${escaped(itemSentence(item))}"/></testcase>`
    case 'failure':
    case 'error': {
      const where = item.at === undefined ? item.source.name : printPlace(item.at)
      return `${open}><${outcome} type="${item.state}" message="${escaped(changeWords(item))}">${escaped(`${where}: ${itemSentence(item)}`)}</${outcome}></testcase>`
    }
  }
}

/** Characters that XML 1.0 cannot hold at all are left out. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}
