import type { SettingKey } from '../settings/index.ts'
import { type Origin, pinName, type StackSpec } from '../stack/index.ts'
import type { Change, ChangeValue } from './rule.ts'

interface Given {
  origin: Origin
  at?: string | undefined
}

/** What advice itself has set, by the setting's name. */
export type OwnSettings = ReadonlyMap<string, ChangeValue>

/**
 * Why advice leaves a setting as it is: somebody gave its value, anywhere but derived. Undefined when it may be changed; what
 * advice itself put into the overlay is no pin, as long as nobody put another value there.
 */
export function pinnedBy(
  { spec, own }: { spec: StackSpec; own: OwnSettings },
  { key, service }: Pick<Change, 'key' | 'service'>,
): string | undefined {
  const isOwn = own.get(pinName({ key, service })) === spec.settings[key].value
  const pin = [spec.settings[key], ...givenToServices(spec, { key, service })].find(
    ({ origin }) => origin !== 'derived' && !(origin === 'overlay' && isOwn),
  )
  return pin && `set by ${pin.origin}${pin.at === undefined ? '' : `, ${pin.at}`}`
}

const FIELDS = { memory: 'memoryBytes', cpus: 'cpus', heap: 'heapBytes' } as const

/** Limits of single services are pinned in their reasons. */
function givenToServices(
  { services }: StackSpec,
  { key, service }: { key: SettingKey; service: string | undefined },
): Given[] {
  const [role, field] = key.split('.') as [string, keyof typeof FIELDS]
  return services
    .filter((one) => one.role === role && (service === undefined || one.name === service))
    .flatMap(({ reasons }) => reasons.filter(({ of }) => of === FIELDS[field]))
    .map(({ origin = 'derived', at }) => ({ origin, at }))
}
