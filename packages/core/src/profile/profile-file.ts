import { type SettingDefinition, type SettingKey, type SettingValues, settings } from '../settings/index.ts'
import { formatCpus, GIB, MIB } from '../units/index.ts'
import type { Profile } from './profile.ts'

/** A setting to be pinned in a profile file, and a word on why. */
export interface WrittenPin {
  key: SettingKey
  value: SettingValues[SettingKey]
  service?: string
  comment?: string
}

/** What a profile file is made from. */
export interface ProfileFile {
  name: string
  /** The first line, after the name: what it is for. */
  about: string
  machine: Profile['machine']
  workload: Profile['workload']
  pins: readonly WrittenPin[]
}

/** The text of a profile with comments that say what can be written where. It reads back as the same profile. */
export function profileFileText({ name, about, machine, workload, pins }: ProfileFile): string {
  return `# ${name}: ${oneLine(about)}
#
# A profile says what the machine is and what is asked of it. Everything else is derived, each number with its
# reason:
#   radtune plan --profile ${name}
#   radtune explain kafka.heap

name: ${quotedName(name)}
machine:
  cpus: ${formatCpus(machine.cpus)}
  memory: ${writtenBytes(machine.memoryBytes)} # binary, as container engines read it: 1GB is 1,073,741,824 bytes

workload:
  rate: ${workload.minPerSecond}-${workload.maxPerSecond} # readings per second, usual and peak
  latency: ${workload.latencyTargetMs}ms # end to end, from the provider to the backend

# A value given here is a pin: it is kept as it is and shown as pinned wherever it appears. If the plan cannot hold
# with it, radtune refuses and says why. Keys and ranges: radtune explain.
#
# settings:
#   producer.main.linger: 5ms
#   worker-2.memory: 1.5GB # one worker only
settings:${pins.length === 0 ? ' {}' : ''}
${pins.map(pinLine).join('')}`
}

function pinLine({ key, value, service, comment }: WrittenPin): string {
  const name = service === undefined ? key : key.replace(/^worker(?=\.)/, service)
  return `  ${name}: ${writtenValue(key, value)}${comment === undefined ? '' : ` # ${oneLine(comment)}`}\n`
}

function writtenValue(key: SettingKey, value: SettingValues[SettingKey]): string {
  const { unit }: SettingDefinition = settings[key]
  if (typeof value !== 'number') return value
  if (unit === 'bytes') return writtenBytes(value)
  return unit === 'ms' && value >= 1000 ? writtenDuration(value) : String(value)
}

/** The shortest way to write bytes that reads back exactly. */
function writtenBytes(bytes: number): string {
  if (bytes % GIB === 0) return `${bytes / GIB}GB`
  if (bytes % MIB === 0) return `${bytes / MIB}MiB`
  const tenths = Number((bytes / GIB).toFixed(1))
  return Math.round(tenths * GIB) === bytes ? `${tenths}GB` : String(bytes)
}

function writtenDuration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

/** `1e3` and `12` are names too, and would be read as numbers. */
function quotedName(name: string): string {
  return /^[a-z][a-z0-9._-]*$/i.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(name)
    ? name
    : JSON.stringify(name)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
