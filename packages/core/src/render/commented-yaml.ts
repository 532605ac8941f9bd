import { Alias, Document, Pair, Scalar, type YAMLMap, YAMLSeq } from 'yaml'

/** A value of a generated file: plain data, in which what `because`, `shared`, `asShared` and `block` make may stand at any place. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlEntries | Marked

/** Entries keep their order; one that is undefined is left out. */
export interface YamlEntries {
  readonly [key: string]: YamlValue | undefined
}

const MARK = Symbol('mark')

type Marked =
  | { [MARK]: 'because'; value: YamlValue; why: string }
  | { [MARK]: 'shared'; name: string; value: YamlValue }
  | { [MARK]: 'as shared'; name: string }
  | { [MARK]: 'block'; text: string }

/** A value with the sentence that explains it, written above its key. */
export function because(value: YamlValue, why: string): YamlValue {
  return { [MARK]: 'because', value, why }
}

/** A value that is written here, and again by `asShared` of the same name. */
export function shared(name: string, value: YamlValue): YamlValue {
  return { [MARK]: 'shared', name, value }
}

/** A value that `shared` has written before. As the value of `<<` its entries are merged into the map. */
export function asShared(name: string): YamlValue {
  return { [MARK]: 'as shared', name }
}

/** A text that keeps its lines. */
export function block(text: string): YamlValue {
  return { [MARK]: 'block', text }
}

/** A value without its explanations, as data; what is shared stands under its name where it is used. */
export function plainOf(value: YamlValue): unknown {
  if (isMarked(value)) {
    switch (value[MARK]) {
      case 'because':
      case 'shared':
        return plainOf(value.value)
      case 'as shared':
        return value.name
      case 'block':
        return value.text
    }
  }
  if (isList(value)) return value.map(plainOf)
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, plainOf(entry)]])),
  )
}

const COMMENT_COLUMNS = 100
const FLOW_COLUMNS = 90
/** Text that readers of YAML 1.1 take for a boolean, a number of base 60 or a time. */
const AMBIGUOUS = /^(y|n|yes|no|on|off)$|^\d+(:\d+)+$|^\d{4}-\d\d?-\d/i

/** Writes entries as YAML, always in the same way: a blank line between the sections, short lists on one line. */
export function writeYaml(entries: YamlEntries, { sections }: { sections: readonly string[] }): string {
  const document = new Document()
  const root = mapOf(entries, document)
  document.contents = root as never
  for (const { key, value } of root.items as Pair<Scalar<string>, YAMLMap<Scalar<string>>>[]) {
    if (root.items[0]?.key !== key && !key.value.startsWith('<<')) key.spaceBefore = true
    if (sections.includes(key.value))
      for (const [index, inner] of (value?.items ?? []).entries()) inner.key.spaceBefore = index > 0
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function nodeOf(value: YamlValue, document: Document): unknown {
  if (isMarked(value)) return markedNode(value, document)
  if (isList(value)) return listOf(value, document)
  if (typeof value === 'object') return mapOf(value, document)
  const scalar = new Scalar(value)
  if (AMBIGUOUS.test(String(value)) && typeof value === 'string') scalar.type = Scalar.QUOTE_DOUBLE
  return scalar
}

function markedNode(value: Marked, document: Document): unknown {
  switch (value[MARK]) {
    case 'because':
      return nodeOf(value.value, document)
    case 'as shared':
      return new Alias(value.name)
    case 'shared': {
      const node = nodeOf(value.value, document) as { anchor?: string }
      node.anchor = value.name
      return node
    }
    case 'block': {
      const scalar = new Scalar(value.text)
      scalar.type = Scalar.BLOCK_LITERAL
      return scalar
    }
  }
}

function isMarked(value: YamlValue): value is Marked {
  return typeof value === 'object' && MARK in value
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value)
}

function mapOf(entries: YamlEntries, document: Document): YAMLMap {
  const map = document.createNode({}) as unknown as YAMLMap
  for (const [name, value] of Object.entries(entries)) {
    if (value === undefined) continue
    const key = new Scalar(name)
    if (isMarked(value) && value[MARK] === 'because') key.commentBefore = commentOf(value.why)
    map.items.push(new Pair(key, nodeOf(value, document)) as never)
  }
  map.flow = map.items.length === 0
  return map
}

function listOf(values: readonly YamlValue[], document: Document): YAMLSeq {
  const list = new YAMLSeq()
  for (const value of values) list.items.push(nodeOf(value, document))
  list.flow = values.every((value) => typeof value !== 'object') && values.join(', ').length <= FLOW_COLUMNS
  return list
}

/** Text as lines of a comment, broken between words. */
function commentOf(text: string): string {
  return text
    .split('\n')
    .flatMap((paragraph) => {
      const lines = ['']
      for (const word of paragraph.split(' ')) {
        const line = lines.at(-1) ?? ''
        if (line !== '' && line.length + word.length >= COMMENT_COLUMNS) lines.push(word)
        else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
      }
      return lines
    })
    .map((line) => (line === '' ? '' : ` ${line}`))
    .join('\n')
}
