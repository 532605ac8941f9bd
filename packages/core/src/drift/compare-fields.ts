import { parseSetting, parseSettingKey, writeSettingValue } from '../settings/index.ts'
import type { AcceptableValue, DriftItem, DriftSource } from './drift.ts'
import type { Field } from './field.ts'

/** What one source is wanted to say, and says. */
export interface ComparedSource extends DriftSource {
  wanted: readonly Field[]
  found:
    | { state: 'read'; fields: readonly Field[] }
    | { state: 'unchecked'; why: string }
    | { state: 'not applicable'; why: string }
  /** Found, and without effect; decided by whoever read the source. */
  noEffect: readonly (Field & { why: string })[]
  /** Paths of wanted fields that this source could not tell, though it was read. */
  untold?: ReadonlyMap<string, string>
}

/** Compares one source field by field. What one text says in several places is one item. */
export function compareFields(source: ComparedSource): DriftItem[] {
  const { wanted, found, noEffect } = source
  if (found.state !== 'read')
    return wanted.map((field) => itemOf(source, field, { state: found.state, wanted: field, why: found.why }))
  const foundByPath = new Map(found.fields.map((field) => [field.path, field]))
  const wantedByPath = new Map(wanted.map((field) => [field.path, field]))
  const idle = new Set(noEffect.map(({ path }) => path))
  // A field that has no effect is not a difference as well.
  const items = [
    ...wanted
      .filter(({ path }) => !idle.has(path))
      .map((field) => compareOne(source, { wanted: field, found: foundByPath.get(field.path) })),
    ...found.fields
      .filter(({ path }) => !wantedByPath.has(path) && !idle.has(path))
      .map((field) => compareOne(source, { wanted: undefined, found: field })),
  ]
  return [
    ...mergeShared(mergeServices(items, { wanted, found: found.fields })),
    ...noEffect.map((field) =>
      itemOf(source, field, {
        state: 'no effect',
        wanted: wantedByPath.get(field.path),
        found: field,
        why: field.why,
      }),
    ),
  ]
}

function compareOne(
  source: ComparedSource,
  { wanted, found }: { wanted: Field | undefined; found: Field | undefined },
): DriftItem {
  const field = (found ?? wanted) as Field
  const say = (state: DriftItem['state'], why = field.why) =>
    itemOf(source, field, { state, wanted, found, why })
  const untold = wanted && source.untold?.get(wanted.path)
  if (untold !== undefined) return say('unchecked', untold)
  if (wanted === undefined) return say(found?.canonical === found?.fallback ? 'in sync' : 'unexpected')
  if (found === undefined) return say(wanted.canonical === wanted.fallback ? 'in sync' : 'missing')
  return say(isSame(wanted, found) ? 'in sync' : 'changed')
}

function isSame(wanted: Field, found: Field): boolean {
  if (wanted.canonical === found.canonical) return true
  if (wanted.tolerance === undefined) return false
  const [want, have] = [Number(wanted.canonical), Number(found.canonical)]
  return Math.abs(have - want) <= want * wanted.tolerance
}

function itemOf(
  { kind, name }: DriftSource,
  field: Field,
  {
    state,
    wanted,
    found,
    why,
  }: {
    state: DriftItem['state']
    wanted?: Field | undefined
    found?: Field | undefined
    why?: string | undefined
  },
): DriftItem {
  return {
    path: field.path,
    class: field.class,
    source: { kind, name },
    state,
    wanted: wanted?.text,
    found: found?.text,
    at: field.at,
    why,
    also: [],
    accept: state === 'changed' ? acceptable(found?.accept) : undefined,
  }
}

/** Only of what is a setting, and in its range. */
function acceptable(accept: AcceptableValue | undefined): AcceptableValue | undefined {
  const key = accept && parseSettingKey(accept.name)
  const parsed = key?.ok ? parseSetting(key.key, accept?.value) : undefined
  return key?.ok && parsed?.ok && accept
    ? { name: accept.name, value: writeSettingValue(key.key, parsed.value as never) }
    : undefined
}

/** One place that several services take a value from, as an anchor, is one difference. */
function mergeShared(items: readonly DriftItem[]): DriftItem[] {
  const merged = new Map<string, DriftItem>()
  for (const item of items) {
    if (item.state === 'in sync' || item.at === undefined) {
      merged.set(`${item.state} ${item.path}`, item)
      continue
    }
    const field = item.path.slice(item.path.indexOf('.') + 1)
    // A missing field has no text of its own, so there its place says nothing.
    const place = item.state === 'missing' ? '' : `${item.at.line}:${item.at.column}`
    const id = JSON.stringify([item.state, item.at.file, place, field, item.wanted, item.found])
    const first = merged.get(id)
    merged.set(id, first === undefined ? item : { ...first, also: [...first.also, item.path] })
  }
  return [...merged.values()]
}

/** A service that is missing, or should not be there, is one difference and not one for each of its fields. */
function mergeServices(
  items: readonly DriftItem[],
  { wanted, found }: { wanted: readonly Field[]; found: readonly Field[] },
): DriftItem[] {
  const namesIn = (fields: readonly Field[]) => new Set(fields.flatMap(({ service }) => service ?? []))
  const [wantedNames, foundNames] = [namesIn(wanted), namesIn(found)]
  const serviceOf = new Map([...wanted, ...found].map(({ path, service }) => [path, service]))
  const isWhole = ({ path }: DriftItem) => path === serviceOf.get(path)
  return items.filter((item) => {
    const service = serviceOf.get(item.path)
    if (service === undefined || isWhole(item)) return true
    return wantedNames.has(service) === foundNames.has(service) || item.state === 'in sync'
  })
}
