import { printSettingValue, type SettingKey, settings } from '@radtune/core/settings'
import type { ResolvedSetting, ServiceSpec, StackSpec, TopicSpec } from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'
import { wrapText } from './wrap-text.ts'

export interface PlanTextOptions {
  style: StreamStyle
  /** Every setting with where its value came from, in place of the client settings alone. */
  showOrigin: boolean
}

/** The ledger of a plan: services with their sums against the machine, topics, settings, and what is done otherwise. */
export function planText(spec: StackSpec, { style, showOrigin }: PlanTextOptions): string {
  const columns = style.terminal ? style.columns : Math.max(style.columns, 120)
  return [
    headline(spec, style),
    serviceTable(spec, { style, columns }),
    section('topics', topicTable(spec.topics, columns), style),
    showOrigin
      ? section('settings', originTable(spec, { style, columns }), style)
      : section('client settings', clientTable(spec, { style, columns }), style),
    ...(spec.deviations.length > 0
      ? [section('done otherwise than in the reference configuration', deviationText(spec, columns), style)]
      : []),
    verdict(spec, style),
  ].join('\n\n')
}

function headline({ profile, machine, engine, workload }: StackSpec, { palette }: StreamStyle): string {
  const { minPerSecond, maxPerSecond, latencyTargetMs } = workload
  const rate = `${formatCount(minPerSecond)}–${formatCount(maxPerSecond)} readings/s`
  return `${palette.bold(profile)}: ${formatCpus(machine.cpus)} vCPU, ${formatBytes(machine.memoryBytes).replace('GiB', 'GB')}, ${engine} engine, for ${rate} under ${formatDuration(latencyTargetMs)}`
}

function serviceTable(spec: StackSpec, { style, columns }: { style: StreamStyle; columns: number }): string {
  const { totals } = spec
  const { palette } = style
  const rows = spec.services.map((service) => [
    service.name,
    formatBytes(service.memoryBytes),
    service.heapBytes === undefined ? '' : formatBytes(service.heapBytes),
    formatCpus(service.cpus),
    service.slots === undefined ? '' : String(service.slots),
    formatBytes(service.reservedMemoryBytes),
    formatCpus(service.reservedCpus),
    serviceReason(service),
  ])
  const slots = spec.services.reduce((sum, service) => sum + (service.slots ?? 0), 0)
  const head = ['service', 'memory', 'heap', 'cpu', 'slots', 'reserved', 'cpu', 'why']
  const total = [
    'total',
    formatBytes(totals.memoryBytes),
    '',
    formatCpus(totals.cpus),
    String(slots),
    formatBytes(totals.reservedMemoryBytes),
    formatCpus(totals.reservedCpus),
    '',
  ]
  return tableText([head.map(palette.dim), ...rows, total.map(palette.bold)], {
    align: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    columns,
  })
}

function verdict({ profile, totals, machine }: StackSpec, { palette }: StreamStyle): string {
  const memory = `${formatBytes(totals.memoryBytes)} of ${formatBytes(machine.usableMemoryBytes)} usable`
  const limits = `CPU limits ${totals.cpuOvercommit.toFixed(2)} × machine (≤ ${totals.maxCpuOvercommit})`
  const reserved = `reserved ${formatCpus(totals.reservedCpus)} of ${formatCpus(machine.cpus)} CPUs`
  return `${palette.green('fits')}: ${memory}; ${limits}, ${reserved}    next  radtune up --profile ${profile}`
}

/** The sentence of the memory limit, unless only another number was pinned: a pin is always visible. */
function serviceReason({ reasons }: ServiceSpec): string {
  const memory = reasons.find(({ of }) => of === 'memoryBytes')
  const pinned = reasons.filter(({ rule, of }) => rule === 'pin' && of !== 'memoryBytes')
  return [memory?.sentence ?? '', ...pinned.map(({ sentence }) => sentence)].filter(Boolean).join('; ')
}

function topicTable(topics: readonly TopicSpec[], columns: number): string {
  return tableText(
    topics.map(({ name, partitions, replicationFactor, config }) => [
      `  ${name}`,
      `${partitions} ${partitions === 1 ? 'partition' : 'partitions'} × ${replicationFactor}`,
      Object.entries(config)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ]),
    { columns },
  )
}

function clientTable(spec: StackSpec, { style, columns }: { style: StreamStyle; columns: number }): string {
  const keys = settingKeys().filter((key) => /^(producer|consumer|provider\.producer)\./.test(key))
  const pinned = settingKeys().filter((key) => spec.settings[key].origin !== 'derived' && !keys.includes(key))
  return settingRows(spec, { keys: [...keys, ...pinned], style, columns })
}

function originTable(spec: StackSpec, { style, columns }: { style: StreamStyle; columns: number }): string {
  return settingRows(spec, { keys: settingKeys(), style, columns })
}

function settingRows(
  spec: StackSpec,
  { keys, style, columns }: { keys: readonly SettingKey[]; style: StreamStyle; columns: number },
): string {
  const rows = keys.map((key) => {
    const setting: ResolvedSetting = spec.settings[key]
    const where =
      setting.at && setting.at !== setting.origin ? `${setting.origin}, ${setting.at}` : setting.origin
    return [
      `  ${key}`,
      printSettingValue(key, spec.settings[key].value),
      setting.origin === 'derived' ? style.palette.dim('derived') : style.palette.yellow(where),
      setting.reason.sentence,
    ]
  })
  return tableText(rows, { columns })
}

function deviationText({ deviations }: StackSpec, columns: number): string {
  return deviations
    .flatMap(({ documented, instead, reason }) => {
      const [first = '', ...rest] = wrapText(`${documented} → ${instead}: ${reason}`, columns - 4)
      return [`  - ${first}`, ...rest.map((line) => `    ${line}`)]
    })
    .join('\n')
}

function section(title: string, body: string, { palette }: StreamStyle): string {
  return `${palette.bold(title)}\n${body}`
}

function settingKeys(): SettingKey[] {
  return Object.keys(settings) as SettingKey[]
}
