import type { ComposeEntry, ComposeMap, ComposeNode } from './compose-node.ts'
import { identityOf, keyedAsMap } from './short-forms.ts'

/** Lists of a service that a later file replaces instead of adding to. */
const replaced = new Set(['command', 'entrypoint', 'test', 'profiles'])

/**
 * Merges what a later file says over an earlier one, by compose's rules: maps key by key, lists are added to (entries that are the
 * same thing are replaced), commands and health tests are replaced; `!reset` takes out, `!override` replaces whole.
 */
export function mergeNodes(base: ComposeNode | undefined, over: ComposeNode, key = ''): ComposeNode {
  if (base === undefined || over.tag !== undefined || replaced.has(key)) return withoutResets(over)
  const [one, other] = keyedAsMap(key) ? [asMap(base, key), asMap(over, key)] : [base, over]
  if (one.kind === 'map' && other.kind === 'map') return mergeMaps(one, other)
  if (one.kind === 'list' && other.kind === 'list') return mergeLists(one, other, key)
  if (other.kind === 'scalar' && other.value === null) return one
  return withoutResets(other)
}

function mergeMaps(base: ComposeMap, over: ComposeMap): ComposeNode {
  const entries = new Map<string, ComposeEntry>(base.entries)
  for (const [key, entry] of over.entries) {
    if (entry.value.tag === 'reset') entries.delete(key)
    else entries.set(key, { at: entry.at, value: mergeNodes(base.entries.get(key)?.value, entry.value, key) })
  }
  return { ...over, entries }
}

function mergeLists(
  base: Extract<ComposeNode, { kind: 'list' }>,
  over: Extract<ComposeNode, { kind: 'list' }>,
  key: string,
): ComposeNode {
  const items = new Map<string, ComposeNode>()
  for (const item of [...base.items, ...over.items]) items.set(identityOf(item, key), item)
  return { ...over, items: [...items.values()] }
}

function withoutResets(node: ComposeNode): ComposeNode {
  if (node.kind !== 'map') return node
  const kept = [...node.entries].filter(([, { value }]) => value.tag !== 'reset')
  return {
    ...node,
    entries: new Map(kept.map(([key, entry]) => [key, { ...entry, value: withoutResets(entry.value) }])),
  }
}

/** `- A=1` as `A: 1`, so that both forms merge. */
function asMap(node: ComposeNode, key: string): ComposeNode {
  if (node.kind !== 'list') return node
  const entries = new Map<string, ComposeEntry>()
  for (const item of node.items) {
    const text = item.kind === 'scalar' ? String(item.value) : ''
    const dependency = key === 'depends_on' || key === 'networks'
    const equals = dependency ? -1 : text.indexOf('=')
    const name = equals === -1 ? text : text.slice(0, equals)
    const value = equals === -1 ? null : text.slice(equals + 1)
    if (name !== '') entries.set(name, { at: item.at, value: { kind: 'scalar', value, at: item.at } })
  }
  return { kind: 'map', entries, at: node.at }
}
