import type { LiveService, LiveStats, LiveSystem } from '@radtune/core/contract'
import { formatRate } from './format.ts'
import {
  adviceSentence,
  CONDITION_MARKS,
  cpuText,
  delaySentence,
  healthSentence,
  lagText,
  memoryText,
  shareOf,
  systemSentence,
} from './system-words.ts'
import './system-panel.css'

/** From this share of its limit on a bar is drawn as nearly full. */
const NEARLY_FULL = 0.9

/** Whether the pipeline is healthy, for who has no terminal: in one sentence, then place by place, then service by service. */
export function SystemPanel({ system, stats }: { system: LiveSystem | null; stats: LiveStats | null }) {
  return (
    <section className="panel system" aria-labelledby="system-title">
      <h2 id="system-title">System</h2>
      {/* Said when it changes, not with each new rate. */}
      <p className="visually-hidden" aria-live="polite">
        {system ? healthSentence(system) : ''}
      </p>
      {system ? (
        <Told system={system} stats={stats} />
      ) : (
        <p className="note">The backend has not told of it.</p>
      )}
    </section>
  )
}

function Told({ system, stats }: { system: LiveSystem; stats: LiveStats | null }) {
  const isWell = system.services.every(({ condition }) => condition === 'healthy')
  const unmet = !isWell || system.bottleneck !== null
  const { sentence, isLate } = delaySentence(
    { p50Ms: stats?.endToEnd.p50Ms ?? null, p99Ms: stats?.endToEnd.p99Ms ?? null },
    system.latencyTargetMs,
  )
  return (
    <>
      <p className={unmet ? 'verdict unmet' : 'verdict'} data-testid="system-sentence">
        {systemSentence(system)}
      </p>
      {system.bottleneck === null ? null : (
        <p className="held" data-testid="system-bottleneck">
          {system.bottleneck}
        </p>
      )}
      <Flow system={system} />
      <p className={isLate ? 'delay-line late' : 'delay-line'} data-testid="system-delay">
        Delay {sentence}
      </p>
      <Services services={system.services} />
      <AdviceLine advice={system.advice} />
    </>
  )
}

/** Records per second at each place, and what waits in Kafka. */
function Flow({ system: { flow, lag } }: { system: LiveSystem }) {
  const places = [
    ['provider', formatRate(flow.published)],
    ['Kafka', lagText(lag)],
    ['workers', formatRate(flow.processed)],
    ['backend', formatRate(flow.received)],
  ] as const
  return (
    <ol className="flow" aria-label="Flow, records per second">
      {places.map(([place, value]) => (
        <li key={place}>
          <small>{place}</small>
          <b data-testid={`flow-${place}`}>{value}</b>
        </li>
      ))}
    </ol>
  )
}

function Services({ services }: { services: readonly LiveService[] }) {
  return (
    <table className="services">
      <caption className="visually-hidden">Services: condition, CPU and memory of their limits</caption>
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col">CPU</th>
          <th scope="col">Memory</th>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => (
          <Service key={service.name} service={service} />
        ))}
      </tbody>
    </table>
  )
}

function Service({ service }: { service: LiveService }) {
  const { name, condition, reason, cpus, cpuLimit, memoryBytes, memoryLimitBytes } = service
  return (
    <>
      <tr data-testid={`service-${name}`}>
        <th scope="row">
          {name}
          <span className={`condition is-${condition}`}>
            <span aria-hidden="true">{CONDITION_MARKS[condition]} </span>
            {condition}
          </span>
        </th>
        <Use text={cpuText(service)} share={shareOf(cpus, cpuLimit)} />
        <Use text={memoryText(service)} share={shareOf(memoryBytes, memoryLimitBytes)} />
      </tr>
      {reason ? (
        <tr className="reason">
          <td colSpan={3}>{reason}</td>
        </tr>
      ) : null}
    </>
  )
}

function Use({ text, share }: { text: string; share: number | null }) {
  return (
    <td className="use">
      {text}
      {share === null ? null : (
        <span className={share >= NEARLY_FULL ? 'use-bar full' : 'use-bar'} aria-hidden="true">
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
    </td>
  )
}

function AdviceLine({ advice }: { advice: LiveSystem['advice'] }) {
  const findings = advice?.findings ?? []
  return (
    <div className="advice" data-testid="system-advice">
      <p>
        {adviceSentence(advice)}
        {findings.length > 0 ? (
          <>
            {' '}
            What to do: run <code>radtune advise</code>.
          </>
        ) : null}
      </p>
      {findings.length > 0 ? (
        <ul>
          {findings.map((finding) => (
            <li key={finding}>{finding}</li>
          ))}
        </ul>
      ) : null}
      {advice?.why ? (
        <details>
          <summary>Why undecided?</summary>
          <p>
            {advice.why}. <code>radtune advise</code> sees more of the stack than the backend does.
          </p>
        </details>
      ) : null}
    </div>
  )
}
