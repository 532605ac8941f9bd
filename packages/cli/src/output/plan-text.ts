import { printSettingValue, type SettingKey, settings } from '@radtune/core/settings'
import {
  type Ledger,
  planLedger,
  type ResolvedSetting,
  type ServiceSpec,
  type StackSpec,
} from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import { diskRows, type LedgerTable, memoryRows, serviceRows } from './ledger-rows.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'
import { wrapText } from './wrap-text.ts'

export interface PlanTextOptions {
  style: StreamStyle
  /** Every setting with where its value came from, in place of the client settings alone. */
  showOrigin: boolean
}

/** From this width on, reasons stand beside their numbers; below it there is no room for a column of sentences. */
const WIDE = 110

/** The ledger of a plan: services with their sums against the machine, memory, topics and disk, settings, deviations. */
export function planText(spec: StackSpec, { style, showOrigin }: PlanTextOptions): string {
  const columns = style.terminal ? style.columns : Math.max(style.columns, 120)
  const ledger = planLedger(spec)
  const keys = showOrigin ? settingKeys() : clientKeys(spec)
  return [
    wrapText(headline(spec), columns).join('\n').replace(spec.profile, style.palette.bold),
    serviceTable(spec, { ledger, style, columns }),
    section('memory: what each limit holds', memoryTable(ledger, { style, columns }), style),
    section('topics and disk', topicTable(spec, { ledger, style, columns }), style),
    section(showOrigin ? 'settings' : 'client settings', settingTable(spec, { keys, style, columns }), style),
    ...(ledger.shrunk.length > 0
      ? [section('smaller than it would be with more room', shrunkText(ledger, columns), style)]
      : []),
    ...(spec.deviations.length > 0
      ? [section('done otherwise than in the reference configuration', deviationText(spec, columns), style)]
      : []),
    verdict(spec, { style, columns }),
  ].join('\n\n')
}

/** Name, machine and workload of a plan in one line. */
export function headline({ profile, machine, engine, workload }: StackSpec): string {
  const { minPerSecond, maxPerSecond, latencyTargetMs } = workload
  const rate = `${formatCount(minPerSecond)}–${formatCount(maxPerSecond)} readings/s`
  return `${profile}: ${formatCpus(machine.cpus)} vCPU, ${formatBytes(machine.memoryBytes).replace('GiB', 'GB')}, ${engine} engine, for ${rate} under ${formatDuration(latencyTargetMs)}`
}

/** The sums against the machine in one sentence. */
export function sumsSentence({ totals, machine }: StackSpec): string {
  const memory = `${formatBytes(totals.memoryBytes)} of ${formatBytes(machine.usableMemoryBytes)} usable`
  const limits = `CPU limits ${totals.cpuOvercommit.toFixed(2)} × machine (≤ ${totals.maxCpuOvercommit})`
  return `${memory}; ${limits}, reserved ${formatCpus(totals.reservedCpus)} of ${formatCpus(machine.cpus)} CPUs`
}

/** How long the data topics keep their records, and when a segment is closed. */
export function retentionSentence({ settings: values }: StackSpec): string {
  const bytes = (key: 'topics.segmentBytes' | 'topics.retentionBytes') => formatBytes(values[key].value)
  const time = (key: 'topics.retention' | 'topics.segmentTime') => formatDuration(values[key].value)
  return `Kept for ${time('topics.retention')} or up to ${bytes('topics.retentionBytes')} of closed segments a partition; a segment closes after ${time('topics.segmentTime')} or ${bytes('topics.segmentBytes')}.`
}

/** What the figures of the disk stand for. */
export function diskSentence({ disk }: Ledger): string {
  return `Disk is rate × ${disk.recordBytes} B × (retention + segment fill), before compression, as far as retention by size allows; a reading is in one output only. The planner allows ${formatBytes(disk.allowanceBytes)}: 6 × memory.`
}

/** The sentence of the memory limit, unless only another number was pinned: a pin is always visible. */
export function serviceReason({ reasons }: ServiceSpec): string {
  const memory = reasons.find(({ of }) => of === 'memoryBytes')
  const pinned = reasons.filter(({ rule, of }) => rule === 'pin' && of !== 'memoryBytes')
  return [memory?.sentence ?? '', ...pinned.map(({ sentence }) => sentence)].filter(Boolean).join('; ')
}

/** Settings of the Kafka clients, and whatever else is pinned. */
export function clientKeys(spec: StackSpec): SettingKey[] {
  const client = settingKeys().filter((key) => /^(producer|consumer|provider\.producer)\./.test(key))
  const pinned = settingKeys().filter(
    (key) => spec.settings[key].origin !== 'derived' && !client.includes(key),
  )
  return [...client, ...pinned]
}

/** Who gave a setting its value: `derived`, `flag`, `radtune.yaml, radtune.yaml:2`. */
export function originText({ at, origin }: ResolvedSetting): string {
  return at && at !== origin ? `${origin}, ${at}` : origin
}

interface Drawing {
  style: StreamStyle
  columns: number
}

function serviceTable(spec: StackSpec, { ledger, style, columns }: Drawing & { ledger: Ledger }): string {
  const table = serviceRows(ledger)
  if (columns >= WIDE) {
    const reasons = spec.services.map(serviceReason)
    return drawn(
      {
        head: [...table.head, 'why'],
        rows: table.rows.map((row, index) => [...row, reasons[index] ?? '']),
        total: [...table.total, ''],
      },
      { style, columns },
    )
  }
  const why = spec.services.map((service) => [`  ${service.name}`, serviceReason(service)])
  return `${drawn(table, { style, columns })}\n\n${section('why', tableText(why, { columns }), style)}`
}

function memoryTable(ledger: Ledger, drawing: Drawing): string {
  const { usableMemoryBytes, freeMemoryBytes, systemMemoryBytes } = ledger.sums
  const sums = `Of ${formatBytes(usableMemoryBytes + systemMemoryBytes)}, ${formatBytes(systemMemoryBytes)} are left to the system and ${formatBytes(freeMemoryBytes)} to nobody. Buffers are part of what is outside of the heap.`
  return `${drawn(memoryRows(ledger), drawing)}\n${wrapText(sums, drawing.columns).join('\n')}`
}

function topicTable(spec: StackSpec, { ledger, style, columns }: Drawing & { ledger: Ledger }): string {
  const notes = [retentionSentence(spec), diskSentence(ledger)].flatMap((text) => wrapText(text, columns))
  return [drawn(diskRows(ledger), { style, columns }), ...notes].join('\n')
}

function drawn({ head, rows, total }: LedgerTable, { style: { palette }, columns }: Drawing): string {
  const whyColumn = head.at(-1) === 'why'
  return tableText([head.map(palette.dim), ...rows, total.map(palette.bold)], {
    align: head.map((_, column) =>
      column === 0 || (whyColumn && column === head.length - 1) ? 'left' : 'right',
    ),
    columns,
  })
}

function settingTable(
  spec: StackSpec,
  { keys, style, columns }: Drawing & { keys: readonly SettingKey[] },
): string {
  const { palette } = style
  const rows = keys.map((key) => {
    const setting: ResolvedSetting = spec.settings[key]
    const origin = originText(setting)
    return [
      `  ${key}`,
      printSettingValue(key, spec.settings[key].value),
      setting.origin === 'derived' ? palette.dim(origin) : palette.yellow(origin),
      ...(columns >= WIDE ? [setting.reason.sentence] : []),
    ]
  })
  return tableText(rows, { columns })
}

function shrunkText({ shrunk }: Ledger, columns: number): string {
  return listText(
    shrunk.map(({ key, wanted, got, why }) => `${key} ${got} instead of ${wanted}: ${why}`),
    columns,
  )
}

function deviationText({ deviations }: StackSpec, columns: number): string {
  return listText(
    deviations.map(({ documented, instead, reason }) => `${documented} → ${instead}: ${reason}`),
    columns,
  )
}

function listText(items: readonly string[], columns: number): string {
  return items
    .flatMap((item) => {
      const [first = '', ...rest] = wrapText(item, columns - 4)
      return [`  - ${first}`, ...rest.map((line) => `    ${line}`)]
    })
    .join('\n')
}

function verdict(spec: StackSpec, { style: { palette }, columns }: Drawing): string {
  const lines = wrapText(`fits: ${sumsSentence(spec)}`, columns)
  return [
    ...lines.map((line, index) => (index === 0 ? line.replace('fits', palette.green('fits')) : `  ${line}`)),
    `next  radtune up --profile ${spec.profile}`,
  ].join('\n')
}

function section(title: string, body: string, { palette }: StreamStyle): string {
  return `${palette.bold(title)}\n${body}`
}

function settingKeys(): SettingKey[] {
  return Object.keys(settings) as SettingKey[]
}
