import type { FlowLoad, StageLoad } from './bottleneck.ts'
import type { Evaluation } from './evaluation.ts'
import type { Snapshot } from './snapshot.ts'

/** How loaded each stage of the flow was over the last seconds. `recent` is the mean of a metric there. */
export function flowLoadOf({
  snapshot,
  recent,
  flow,
}: {
  snapshot: Snapshot
  recent: (metric: string) => number | undefined
  flow: Evaluation['flow']
}): FlowLoad {
  const services = snapshot.services.known ? snapshot.services.value : []
  const stage = (
    name: StageLoad['stage'],
    { role, busy, waiting }: { role: string; busy?: string; waiting?: string },
  ): StageLoad => {
    const own = services.filter((service) => service.role === role).map((service) => service.name)
    const most = (kind: string) =>
      own
        .map((service) => ({ service, share: recent(`${kind}/${service}`) }))
        .filter((one): one is { service: string; share: number } => one.share !== undefined)
        .sort((a, b) => b.share - a.share)[0]
    const busiest = most('cpu')
    return {
      stage: name,
      busy: busy === undefined ? busiest?.share : recent(busy),
      waiting: waiting === undefined ? undefined : recent(waiting),
      throttled: most('throttled'),
      service: busiest?.service ?? own[0] ?? name,
    }
  }
  const { lag, drain, p99 } = flow
  return {
    stages: [
      stage('provider', { role: 'provider', waiting: 'provider.waiting' }),
      stage('kafka', { role: 'kafka' }),
      stage('workers', { role: 'worker', busy: 'slots', waiting: 'slots.waiting' }),
      stage('backend', { role: 'backend' }),
    ],
    lag: lag.now.known ? { records: lag.now.value, state: lag.state ?? 'ok', drain } : undefined,
    balance: recent('balance'),
    late: p99.state !== null && p99.state !== 'ok',
  }
}
