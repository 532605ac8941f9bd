/** Where something was written. Lines and columns count from 1. */
export interface Place {
  file: string
  line: number
  column: number
}

export type ScalarValue = string | number | boolean | null

/** A value of a compose file that knows where it was written, whatever files it was merged from. */
export type ComposeNode =
  | { kind: 'scalar'; value: ScalarValue; at: Place; tag?: MergeTag }
  | { kind: 'list'; items: readonly ComposeNode[]; at: Place; tag?: MergeTag }
  | { kind: 'map'; entries: ReadonlyMap<string, ComposeEntry>; at: Place; tag?: MergeTag }

/** `!reset` takes a value out of what it is merged over, `!override` replaces it whole. */
export type MergeTag = 'reset' | 'override'

export interface ComposeEntry {
  /** Of the key. */
  at: Place
  value: ComposeNode
}

export type ComposeMap = Extract<ComposeNode, { kind: 'map' }>

/** Something that is wrong or unknown in a compose file, where it stands. */
export interface ComposeProblem {
  at: Place
  message: string
}

/** `docker-compose.yaml:12:5`. */
export function printPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`
}

export function entryOf(node: ComposeNode | undefined, key: string): ComposeNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined
}

/** The text of a scalar; undefined for lists, maps and nothing. */
export function textOf(node: ComposeNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined
}

export function isNothing(node: ComposeNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null)
}

/** A node as plain values, without places. */
export function plainValue(node: ComposeNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plainValue)
    case 'map':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plainValue(value)]))
  }
}

/** The place of what stands at a path of keys and indices: of the key in a map, or of the nearest thing around it that exists. */
export function placeAt(node: ComposeNode, path: readonly string[]): Place {
  const [step, ...rest] = path
  if (step === undefined) return node.at
  if (node.kind === 'list') {
    const item = node.items[Number(step)]
    return item === undefined ? node.at : placeAt(item, rest)
  }
  const entry = node.kind === 'map' ? node.entries.get(step) : undefined
  if (entry === undefined) return node.at
  return rest.length === 0 ? entry.at : placeAt(entry.value, rest)
}
