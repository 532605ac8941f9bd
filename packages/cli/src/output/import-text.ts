import type { ForeignFinding, ForeignLedger } from '@radtune/core/foreign'
import { printSettingValue } from '@radtune/core/settings'
import { formatBytes, formatCpus } from '@radtune/core/units'
import type { WrittenProfile } from '../services/create-profile.ts'
import type { Imported } from '../services/import-compose.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'
import { wrapText } from './wrap-text.ts'

/** Text of `radtune import`: ledger, findings, what was not understood, and the profile. */
export function importText(
  imported: Imported,
  { written, style }: { written: WrittenProfile; style: StreamStyle },
): string {
  const { palette } = style
  const columns = Math.min(style.columns, 120)
  const section = (title: string, body: string) => (body === '' ? [] : [`${palette.bold(title)}\n${body}`])
  const findings = imported.findings.filter(({ severity }) => severity !== 'note')
  return [
    `read  ${imported.files.join(', ')}`,
    ledgerTable(imported.ledger, { style, columns }),
    ...section('findings', findings.map((finding) => findingText(finding, { style, columns })).join('\n')),
    ...section('notes', notesText(imported.findings, columns)),
    ...section(
      'not understood',
      imported.notes.map(({ at, message }) => `  ${at.file}:${at.line}:${at.column}: ${message}`).join('\n'),
    ),
    ...section('profile', profileLines(imported, columns)),
    summary(imported, { written, style }),
  ].join('\n\n')
}

function ledgerTable({ rows, totals, unlimited }: ForeignLedger, { style, columns }: Drawing): string {
  const { palette } = style
  const bytes = (value: number | null) => (value === null ? '–' : formatBytes(value))
  const cpus = (value: number | null) => (value === null ? '–' : formatCpus(value))
  const head = ['service', 'is', 'memory', 'heap', 'cpu', 'slots', 'reserved', 'cpu']
  const body = rows.map((row) => [
    row.replicas === 1 ? row.service : `${row.service} × ${row.replicas}`,
    row.role,
    bytes(row.memoryBytes),
    row.heap === null ? '–' : `${formatBytes(row.heap.bytes)}${row.heap.how === 'default' ? ' *' : ''}`,
    cpus(row.cpus),
    row.slots === null ? '–' : String(row.slots),
    bytes(row.reservedMemoryBytes),
    cpus(row.reservedCpus),
  ])
  const total = [
    'total',
    '',
    `${unlimited.memory.length > 0 ? '≥ ' : ''}${formatBytes(totals.memoryBytes)}`,
    '',
    `${unlimited.cpus.length > 0 ? '≥ ' : ''}${formatCpus(totals.cpus)}`,
    '',
    formatBytes(totals.reservedMemoryBytes),
    formatCpus(totals.reservedCpus),
  ]
  const table = tableText([head.map(palette.dim), ...body, total.map(palette.bold)], {
    align: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    columns,
  })
  const isDefault = rows.some(({ heap }) => heap?.how === 'default')
  return isDefault ? `${table}\n${palette.dim('* nothing sets it: what the program takes by itself')}` : table
}

interface Drawing {
  style: StreamStyle
  columns: number
}

function findingText(
  { severity, at, id, what, why, fix }: ForeignFinding,
  { style: { palette }, columns }: Drawing,
): string {
  const indent = '           '
  const paint = severity === 'problem' ? palette.red : palette.yellow
  const lines = (label: string, text: string) =>
    wrapText(text, columns - indent.length - 5).map(
      (line, index) => `${indent}${palette.dim((index === 0 ? label : '').padEnd(5))}${line}`,
    )
  const [first = '', ...rest] = wrapText(what, columns - indent.length)
  return [
    `  ${paint(severity.padEnd(7))}  ${first}`,
    ...rest.map((line) => `${indent}${line}`),
    ...lines('why', why),
    ...lines('fix', fix),
    ...lines('at', `${at.file}:${at.line}:${at.column} (${id})`),
  ].join('\n')
}

/** Notes of one kind in one entry: who it is about, and why. */
function notesText(findings: readonly ForeignFinding[], columns: number): string {
  const groups = new Map<string, ForeignFinding[]>()
  for (const finding of findings)
    if (finding.severity === 'note') groups.set(finding.id, [...(groups.get(finding.id) ?? []), finding])
  return [...groups]
    .flatMap(([id, members]) => {
      const services = [...new Set(members.map(({ service }) => service ?? ''))].join(', ')
      const [first] = members
      const text = members.length === 1 ? `${first?.what}: ${first?.why}` : `${services}: ${first?.why}`
      const [line = '', ...rest] = wrapText(`${id}: ${text}`, columns - 4)
      return [`  - ${line}`, ...rest.map((more) => `    ${more}`)]
    })
    .join('\n')
}

function profileLines({ profile, machine }: Imported, columns: number): string {
  const { pins, asDerived, leftOut, guessed, problem } = profile
  const size = `${formatCpus(machine.cpus)} CPUs and ${formatBytes(machine.memoryBytes)}`
  const rows: [string, string][] = [
    ['  machine', guessed ? `${size}, guessed from the limits; --cpus and --memory say otherwise` : size],
    ...(problem === null ? [] : [['  problem', `it cannot be planned: ${problem}`] as [string, string]]),
    [
      '  pins',
      pins.length === 0
        ? 'none are needed'
        : pins.map(({ key, value }) => `${key} = ${printSettingValue(key, value)}`).join(', '),
    ],
    ...(asDerived.length > 0 ? [['  as derived', asDerived.join(', ')] as [string, string]] : []),
    ...leftOut.map(({ pin, why }): [string, string] => ['  left out', `${pin}: ${why}`]),
  ]
  return tableText(rows, { columns })
}

function summary(
  { findings, given }: Imported,
  { written, style: { palette } }: { written: WrittenProfile; style: StreamStyle },
): string {
  const count = (severity: ForeignFinding['severity'], word: string) => {
    const found = findings.filter((finding) => finding.severity === severity).length
    return found === 0 ? [] : [`${found} ${word}${found === 1 ? '' : 's'}`]
  }
  const counts = [...count('problem', 'problem'), ...count('warning', 'warning'), ...count('note', 'note')]
  const verdict = counts.length === 0 ? palette.green('nothing to complain of') : counts.join(', ')
  if (written.how === 'dry run')
    return `${verdict}\nnext  radtune import ${given.join(' -f ')} --out profiles/mine.yaml`
  return [
    verdict,
    `${written.path} ${written.how}`,
    ...(written.backup === undefined ? [] : [`what was there is kept in ${written.backup}`]),
    `next  radtune plan --profile ${written.path}`,
  ].join('\n')
}
