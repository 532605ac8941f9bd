import { RadtuneError } from '../errors/index.ts'
import {
  parseSetting,
  printSettingValue,
  type SettingKey,
  type SettingValues,
  settings,
} from '../settings/index.ts'
import type { Origin, Reason } from './stack-spec.ts'

/** Where a pin may come from, weakest first. */
const precedence = ['profile', 'user config', 'radtune.yaml', 'overlay', 'environment', 'flag'] as const

/** A value that somebody gave to a setting, in place of the derived one. */
export interface Pin<Key extends SettingKey = SettingKey> {
  key: Key
  /** As the table's type, or as text that the table can read: `512MiB`. */
  value: SettingValues[Key] | string
  origin: Exclude<Origin, 'derived'>
  /** Where it was written, as file:line, when it was a file. */
  at?: string
  /** Set when it is for one service of the role only, e.g. `worker-2`. */
  service?: string
}

/** A pin whose value the table has accepted. */
export interface CheckedPin<Key extends SettingKey = SettingKey> extends Pin<Key> {
  value: SettingValues[Key]
}

/** The pins that hold: the strongest origin of each key, and of equals the last. */
export interface Pins {
  readonly all: readonly CheckedPin[]
  /** The pin of a setting, for a whole role or for everything. */
  get<Key extends SettingKey>(key: Key): CheckedPin<Key> | undefined
  /** The pin that decides for one service: its own, else that of its role. */
  getFor<Key extends SettingKey>(service: string, key: Key): CheckedPin<Key> | undefined
}

/** Checks pins against the table and settles which of them hold. Throws RT-SET-001 for a value that the table refuses. */
export function resolvePins(given: readonly Pin[]): Pins {
  const holding = new Map<string, CheckedPin>()
  const ordered = precedence.flatMap((origin) => given.filter((pin) => pin.origin === origin))
  for (const pin of ordered) {
    const checked = checkPin(pin)
    holding.set(`${checked.service ?? ''} ${checked.key}`, checked)
  }
  return {
    all: [...holding.values()],
    get: (key) => holding.get(` ${key}`) as CheckedPin<typeof key> | undefined,
    getFor: (service, key) =>
      (holding.get(`${service} ${key}`) ?? holding.get(` ${key}`)) as CheckedPin<typeof key> | undefined,
  }
}

/** `worker-2.memory = 1 GiB (profile, profiles/own.yaml:12)`. */
export function describePin(pin: CheckedPin): string {
  return `${pinName(pin)} = ${printSettingValue(pin.key, pin.value)} (${describeOrigin(pin)})`
}

/** The key as it was written: with the service's name when it is for one service only. */
export function pinName({ key, service }: { key: SettingKey; service?: string | undefined }): string {
  return service === undefined ? key : key.replace(/^worker(?=\.)/, service)
}

/** The reason of a number that was pinned: who pinned it, and what it would be otherwise. */
export function pinReason(
  pin: CheckedPin,
  { of, otherwise }: { of: string; otherwise: string | undefined },
): Reason {
  const value = printSettingValue(pin.key, pin.value)
  const comparison = otherwise === undefined || otherwise === value ? '' : `; without the pin ${otherwise}`
  return {
    of,
    rule: 'pin',
    sentence: `${value}: pinned by ${describeOrigin(pin)}${comparison}`,
    origin: pin.origin,
    ...(pin.at === undefined ? {} : { at: pin.at }),
  }
}

function describeOrigin({ origin, at }: Pin): string {
  return at === undefined ? origin : `${origin}, ${at}`
}

function checkPin(pin: Pin): CheckedPin {
  const result = Object.hasOwn(settings, pin.key)
    ? parseSetting(pin.key, pin.value)
    : { ok: false as const, problem: 'there is no such setting' }
  if (!result.ok)
    throw new RadtuneError('RT-SET-001', {
      what: `${pinName(pin)}: ${result.problem}`,
      why: `given by ${describeOrigin(pin)}`,
      fix: [`radtune explain ${pin.key}`],
    })
  return { ...pin, value: result.value }
}
