import { LEVEL_NAMES, type LevelRange, levelRanges, recordShares } from './breakdown.ts'
import { formatCount, formatDelay, formatRate, formatShare, NO_VALUE } from './format.ts'
import type { LiveModel } from './live-model.ts'
import { Sparkline } from './Sparkline.tsx'

type Stats = LiveModel['stats']

/** Where every record is: the parts make the whole. */
export function Records({ stats }: { stats: Stats }) {
  const records = stats?.records ?? null
  const shares = records ? recordShares(records) : []
  return (
    <section className="panel records" aria-labelledby="records-title">
      <h2 id="records-title">Records in</h2>
      <Figure testId="records-in" value={formatCount(records?.in)} />
      <div className="bar" aria-hidden="true">
        {shares.map(({ name, share }) => (
          <span key={name} className={`fill-${name}`} style={{ flexGrow: share }} />
        ))}
      </div>
      <dl className="parts">
        {(['normal', 'critical', 'dirty', 'duplicates', 'inFlight'] as const).map((name) => (
          <div key={name}>
            <dt>
              <span className={`swatch fill-${name}`} aria-hidden="true" />
              {name === 'inFlight' ? 'in flight' : name}
            </dt>
            <dd data-testid={`records-${name}`}>{formatCount(records?.[name])}</dd>
          </div>
        ))}
      </dl>
      <p className="reasons">{explainRecords(stats)}</p>
    </section>
  )
}

export function Levels({ stats, thresholds }: { stats: Stats; thresholds: LiveModel['thresholds'] }) {
  const total = stats ? stats.levels.low + stats.levels.moderate + stats.levels.high : 0
  const ranges: Record<string, LevelRange> = thresholds ? levelRanges(thresholds) : {}
  return (
    <section className="panel" aria-labelledby="levels-title">
      <h2 id="levels-title">Levels, CPM</h2>
      <dl className="levels">
        {LEVEL_NAMES.map((level) => {
          const count = stats?.levels[level] ?? null
          return (
            <div key={level}>
              <dt>
                {level} <small>{ranges[level] ?? ''}</small>
              </dt>
              <dd data-testid={`level-${level}`}>{formatCount(count)}</dd>
              <dd className="share">{total > 0 ? formatShare(count ?? 0, total) : ''}</dd>
              <dd className="meter" aria-hidden="true">
                <span
                  className={`fill-${level}`}
                  style={{ width: `${total ? ((count ?? 0) / total) * 100 : 0}%` }}
                />
              </dd>
            </div>
          )
        })}
      </dl>
      <p className="note">Received by this backend since it started.</p>
    </section>
  )
}

export function Latency({ stats }: { stats: Stats }) {
  const latency = stats?.endToEnd
  return (
    <section className="panel" aria-labelledby="latency-title">
      <h2 id="latency-title">End to end</h2>
      <div className="pair">
        <Figure label="p50" testId="latency-p50" value={formatDelay(latency?.p50Ms ?? null)} />
        <Figure label="p99" testId="latency-p99" value={formatDelay(latency?.p99Ms ?? null)} />
      </div>
      <p className="note">
        Provider to backend, last 10 s: {explainLatency(latency)} The page adds up to 250 ms.
      </p>
    </section>
  )
}

export function Rate({ stats, rates }: { stats: Stats; rates: LiveModel['rates'] }) {
  return (
    <section className="panel" aria-labelledby="rate-title">
      <h2 id="rate-title">Rate</h2>
      <Figure testId="rate" value={formatRate(stats?.recordsPerSecond ?? null)} />
      <Sparkline values={rates.map(({ perSecond }) => perSecond)} slots={120} label={explainRates(rates)} />
      <p className="note">Normal and critical records received, last 2 minutes.</p>
    </section>
  )
}

function Figure({ label, value, testId }: { label?: string; value: string; testId: string }) {
  return (
    <p className={value === NO_VALUE ? 'figure unknown' : 'figure'}>
      {label ? <small>{label}</small> : null}
      <span data-testid={testId}>{value}</span>
    </p>
  )
}

function explainRates(rates: LiveModel['rates']): string {
  const newest = rates.at(-1)
  if (!newest) return `records per second: ${NO_VALUE}`
  const highest = Math.max(...rates.map(({ perSecond }) => perSecond))
  return `records per second, last 2 minutes: now ${formatRate(newest.perSecond)}, highest ${formatRate(highest)}`
}

function explainRecords(stats: Stats): string {
  if (stats === null) return 'The backend has said nothing yet.'
  if (stats.records === null) return 'Kafka does not answer, so the counts are unknown.'
  const reasons = Object.entries(stats.records.dirtyByReason).sort(([, a], [, b]) => b - a)
  if (reasons.length === 0) return 'Nothing dirty so far.'
  return `Dirty: ${reasons.map(([reason, count]) => `${reason} ${formatCount(count)}`).join(' · ')}`
}

function explainLatency(latency: NonNullable<Stats>['endToEnd'] | undefined): string {
  if (!latency || latency.count === 0) return 'no records.'
  return `${formatCount(latency.count)} records, longest ${formatDelay(latency.maxMs)}.`
}
