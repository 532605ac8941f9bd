import type { LiveService, LiveSystem } from '@radtune/core/contract'
import { formatCount, formatDelay, formatRate, NO_VALUE } from './format.ts'

type Condition = LiveService['condition']

/** Beside the word, for who looks for the one that is different. */
export const CONDITION_MARKS: Record<Condition, string> = {
  healthy: '✓',
  unhealthy: '!',
  silent: '✕',
  unknown: '?',
}

/** `All 6 services healthy`, or which are not. */
export function healthSentence({ services }: LiveSystem): string {
  const ill = services.filter(({ condition }) => condition !== 'healthy')
  const [first] = ill
  if (!first) return services.length === 0 ? 'No service is known' : `All ${services.length} services healthy`
  if (ill.length === 1) return `${first.name} is ${conditionWords(first.condition)}`
  return `${ill.length} of ${services.length} services not healthy: ${listed(ill.map(({ name, condition }) => `${name} ${condition}`))}`
}

/** The whole pipeline in one sentence. */
export function systemSentence(system: LiveSystem): string {
  const { services, flow, bottleneck } = system
  const health = healthSentence(system)
  const ill = services.filter(({ condition }) => condition !== 'healthy')
  const reason = ill.length === 1 ? ill[0]?.reason : null
  if (ill.length > 0 || services.length === 0) return reason ? `${health}: ${reason}.` : `${health}.`
  const still = stillSentence(system)
  if (still) return `${health}, ${still}.`
  const rate = flow.processed === null ? 'rate not known' : `${formatCount(flow.processed)} records/s`
  return `${health}, ${rate}, ${bottleneck === null ? 'nothing held back' : 'but something is held back'}.`
}

/** Delay against what it is to stay under: `p50 41 ms, p99 96 ms, within 100 ms`. */
export function delaySentence(
  { p50Ms, p99Ms }: { p50Ms: number | null; p99Ms: number | null },
  targetMs: number | undefined,
): { sentence: string; isLate: boolean } {
  const isLate = targetMs !== undefined && p99Ms !== null && p99Ms > targetMs
  const target =
    targetMs === undefined || p99Ms === null ? '' : `, ${isLate ? 'over' : 'within'} ${formatDelay(targetMs)}`
  return { sentence: `p50 ${formatDelay(p50Ms)}, p99 ${formatDelay(p99Ms)}${target}`, isLate }
}

/** How many findings there are, and of how many rules it cannot be told. */
export function adviceSentence(advice: LiveSystem['advice']): string {
  if (advice === null) return 'The tuning rules have not been asked yet.'
  const { findings, undecided } = advice
  const found = findings.length === 0 ? 'No finding' : counted(findings.length, 'finding')
  const open = undecided === 0 ? '' : `; ${counted(undecided, 'rule')} undecided`
  return `${found}${open}.`
}

/** `17 % of 1.5`, as the terminal says it; without a limit what is used. */
export function cpuText({ cpus, cpuLimit }: LiveService): string {
  if (cpus === null) return NO_VALUE
  return cpuLimit === null
    ? `${decimal(cpus, 2)} CPU`
    : `${percent(cpus / cpuLimit)} of ${decimal(cpuLimit, 3)}`
}

/** `9.8 % of 2 GiB`. */
export function memoryText({ memoryBytes, memoryLimitBytes }: LiveService): string {
  if (memoryBytes === null) return NO_VALUE
  return memoryLimitBytes === null
    ? formatBytes(memoryBytes)
    : `${percent(memoryBytes / memoryLimitBytes)} of ${formatBytes(memoryLimitBytes)}`
}

/** Of its limit, 0 to 1; null where either is not known. */
export function shareOf(used: number | null, limit: number | null): number | null {
  return used === null || limit === null || limit <= 0 ? null : Math.min(1, Math.max(0, used / limit))
}

/** `lag 12,104`; a whole number of records. */
export function lagText(lag: number | null): string {
  if (lag === null) return NO_VALUE
  return `lag ${lag < 10_000 ? formatCount(lag) : formatRate(lag).replace('/s', '')}`
}

/** Why nothing flows though nothing is wrong. */
function stillSentence({ playback }: LiveSystem): string | undefined {
  if (playback.state === 'paused' || (playback.paused && playback.state !== 'finished'))
    return 'the provider is paused'
  if (playback.state === 'finished') return 'the replay is finished'
  return playback.state === 'starting' ? 'the provider is starting' : undefined
}

function conditionWords(condition: Condition): string {
  return condition === 'unknown' ? 'not known' : condition
}

function listed(names: readonly string[]): string {
  return names.join(', ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.05) return '<0.1 %'
  return `${value > 0 && value < 9.95 ? decimal(value, 1) : Math.round(value)} %`
}

const UNITS = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
] as const

function formatBytes(bytes: number): string {
  const [unit, size] = UNITS.find(([, each]) => bytes >= each) ?? ['B', 1]
  return `${unit === 'MiB' ? Math.round(bytes / size) : decimal(bytes / size, 1)} ${unit}`
}

function decimal(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)))
}
