import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml'
import type {
  ComposeEntry,
  ComposeNode,
  ComposeProblem,
  MergeTag,
  Place,
  ScalarValue,
} from './compose-node.ts'

export type ReadYaml = { ok: true; node: ComposeNode } | { ok: false; problems: ComposeProblem[] }

/** Nodes of one file with its aliases followed: many more are an attack or an accident. */
const MOST_NODES = 50_000
const MOST_LEVELS = 100

/** Reads YAML 1.2 with the merge keys of 1.1, anchors and aliases followed, each value with its place. Never throws. */
export function readYaml(text: string, file: string): ReadYaml {
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      merge: true,
    })
    if (document.errors.length > 0)
      return {
        ok: false,
        problems: document.errors.map((error) => ({ at: placeAt(error.pos[0]), message: error.message })),
      }
    const reader = new NodeReader(placeAt, (alias) => alias.resolve(document) as Node | undefined)
    return { ok: true, node: reader.read(document.contents as Node | null, placeAt(0)) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { ok: false, problems: [{ at: placeAt(0), message: error.message }] }
  }
}

class NodeReader {
  readonly #placeAt: (offset: number) => Place
  readonly #resolve: (alias: Alias) => Node | undefined
  #nodes = 0

  constructor(placeAt: (offset: number) => Place, resolve: (alias: Alias) => Node | undefined) {
    this.#placeAt = placeAt
    this.#resolve = resolve
  }

  /** `at` is the place of what holds the node, for nodes without text of their own. */
  read(node: Node | null | undefined, at: Place, level = 0): ComposeNode {
    if (++this.#nodes > MOST_NODES) throw new Error('it grows beyond reason where its aliases are followed')
    if (level > MOST_LEVELS) throw new Error('it is nested too deeply')
    const own = node?.range ? this.#placeAt(node.range[0]) : at
    if (isAlias(node)) {
      const target = this.#resolve(node)
      if (target === undefined) throw new Error(`its alias *${node.source} leads nowhere`)
      return this.read(target, own, level + 1)
    }
    const tagged = mergeTag(node)
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, level), at: own, ...tagged }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item as Node | null, own, level + 1))
      return { kind: 'list', items, at: own, ...tagged }
    }
    return { kind: 'scalar', value: isScalar(node) ? scalarValue(node.value) : null, at: own, ...tagged }
  }

  /** Keys of the map itself win over merged ones, and of several merged maps the first. */
  #entries(pairs: readonly Pair[], level: number): Map<string, ComposeEntry> {
    const entries = new Map<string, ComposeEntry>()
    const merged: ComposeEntry[] = []
    for (const pair of pairs) {
      const keyNode = pair.key as Node | null
      const at = this.#placeAt(keyNode?.range?.[0] ?? 0)
      const value = this.read(pair.value as Node | null, at, level + 1)
      const key = isScalar(keyNode) ? keyText(keyNode.value) : String(keyNode)
      if (key === '<<') merged.push({ at, value })
      else entries.set(key, { at, value })
    }
    for (const { value } of merged) {
      const sources = value.kind === 'list' ? value.items : [value]
      for (const source of sources)
        if (source.kind === 'map')
          for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
    }
    return entries
  }
}

/** The library has a symbol for the merge key. */
function keyText(value: unknown): string {
  return typeof value === 'symbol' ? '<<' : String(value)
}

function scalarValue(value: unknown): ScalarValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  return typeof value === 'number' ? value : String(value)
}

function mergeTag(node: Node | null | undefined): { tag?: MergeTag } {
  const tag = node?.tag
  return tag === '!reset' ? { tag: 'reset' } : tag === '!override' ? { tag: 'override' } : {}
}
