import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar, type YAMLMap } from 'yaml'
import type { ComposeProblem, Place } from '../compose-file/index.ts'
import { nearest } from '../settings/index.ts'
import type { DriftItem, IgnoreRule } from './drift.ts'

const FIELDS = ['path', 'reason', 'owner', 'until'] as const

export type ParsedRules = { ok: true; rules: IgnoreRule[] } | { ok: false; problems: ComposeProblem[] }

/**
 * Reads `drift.ignore` of a radtune.yaml: a list of `path`, `reason`, `owner` and `until`, all of them required. Problems have
 * their places. Other keys of the file are not looked at; a text that is no YAML has no rules here.
 */
export function parseIgnoreRules(text: string, file: string): ParsedRules {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems: ComposeProblem[] = []
  const placeOf = (node: unknown): Place => {
    const { line, col } = lines.linePos((node as Scalar | undefined)?.range?.[0] ?? 0)
    return { file, line, column: col }
  }
  const refuse = (node: unknown, message: string) => problems.push({ at: placeOf(node), message })
  const root = document.contents
  const drift = isMap(root) ? root.get('drift', true) : undefined
  if (drift === undefined || (isScalar(drift) && drift.value === null)) return { ok: true, rules: [] }
  const rules = isMap(drift) ? readDrift(drift) : []
  if (!isMap(drift)) refuse(drift, 'drift: is a map with the key ignore')
  return problems.length > 0 ? { ok: false, problems } : { ok: true, rules }

  function readDrift(map: YAMLMap): IgnoreRule[] {
    for (const { key } of map.items)
      if (String(key) !== 'ignore') refuse(key, `unknown key "${key}" of drift; known here: ignore`)
    const list = map.get('ignore', true)
    if (list === undefined || (isScalar(list) && list.value === null)) return []
    if (isSeq(list)) return list.items.flatMap(readRule)
    refuse(list, 'drift.ignore is a list of rules')
    return []
  }

  function readRule(node: unknown): IgnoreRule[] {
    if (!isMap(node)) {
      refuse(node, `a rule is a map of ${FIELDS.join(', ')}`)
      return []
    }
    for (const { key } of node.items)
      if (!(FIELDS as readonly string[]).includes(String(key))) {
        const near = nearest(String(key), FIELDS)
        refuse(key, `unknown key "${key}" of a rule${near === undefined ? '' : `; did you mean ${near}?`}`)
      }
    const values = FIELDS.map((field) => readText(node, field))
    const [path, reason, owner, until] = values
    if (until !== undefined && !isDay(until))
      refuse(node.get('until', true), `until: "${until}" is not a day such as 2026-12-31`)
    return path === undefined || reason === undefined || owner === undefined || until === undefined
      ? []
      : [{ path, reason, owner, until, at: placeOf(node) }]
  }

  function readText(node: YAMLMap, field: string): string | undefined {
    const value = node.get(field, true)
    if (isScalar(value) && value.value !== null && String(value.value).trim() !== '')
      return String(value.value).trim()
    refuse(value ?? node, `a rule says its ${field}`)
    return undefined
  }
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** Whether a path is meant by a pattern: `*` stands for anything, the rest for itself. */
export function matchesPath(pattern: string, path: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${source.join('.*')}$`).test(path)
}

/** Whether a rule no longer holds at `now`, in milliseconds; its last day counts in full, in UTC. */
export function isExpired({ until }: IgnoreRule, now: number): boolean {
  return now >= Date.parse(until) + 86_400_000
}

export interface RuledItems {
  items: DriftItem[]
  notes: { at: Place | undefined; text: string }[]
}

const IGNORABLE: readonly DriftItem['state'][] = [
  'changed',
  'missing',
  'unexpected',
  'no effect',
  'unchecked',
]

/**
 * Applies rules to what was compared. An expired rule ignores nothing and is a difference itself. A rule that nothing needs is
 * noted, once all was checked that it may be for.
 */
export function applyRules(
  items: readonly DriftItem[],
  { rules, now }: { rules: readonly IgnoreRule[]; now: number },
): RuledItems {
  const used = new Set<IgnoreRule>()
  const holding = rules.filter((rule) => !isExpired(rule, now))
  const ruled = items.map((item): DriftItem => {
    if (!IGNORABLE.includes(item.state)) return item
    const rule = holding.find(({ path }) => [item.path, ...item.also].every((one) => matchesPath(path, one)))
    if (rule === undefined) return item
    used.add(rule)
    return {
      ...item,
      state: 'ignored',
      why: `${rule.reason} (${rule.owner}, until ${rule.until})`,
      accept: undefined,
    }
  })
  const complete = items.every(({ state }) => state !== 'unchecked')
  return {
    items: [...ruled, ...rules.filter((rule) => isExpired(rule, now)).map(expiredItem)],
    notes: holding
      .filter((rule) => complete && !used.has(rule))
      .map((rule) => ({
        at: rule.at,
        text: `nothing needs the rule for ${rule.path}: what it would ignore is in sync, or not there`,
      })),
  }
}

function expiredItem({ path, owner, until, at }: IgnoreRule): DriftItem {
  return {
    path: `drift.ignore ${path}`,
    class: 'rule',
    source: { kind: 'rules', name: at.file },
    state: 'no effect',
    wanted: undefined,
    found: `until ${until}`,
    at,
    why: `the rule has expired: ask ${owner}, and renew or remove it`,
    also: [],
    accept: undefined,
  }
}
