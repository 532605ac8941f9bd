import type { IgnoreRule } from '@radtune/core/drift'
import { isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, stringify, type YAMLMap } from 'yaml'

/** A setting as radtune.yaml writes it. */
export interface SettingEdit {
  name: string
  value: string | number
}

/**
 * The text of a radtune.yaml with some settings given explicitly. Only the values that change are written, and new lines are put
 * after the last setting: comments, order and layout of everything else stay as they are. The text given is a valid one.
 */
export function editSettings(text: string | undefined, edits: readonly SettingEdit[]): string {
  return edits.reduce(setSetting, text ?? '')
}

function setSetting(text: string, { name, value }: SettingEdit): string {
  const document = parseDocument(text)
  const settings = isMap(document.contents) ? pairOf(document.contents, 'settings') : undefined
  const written = `${name}: ${stringify(value).trimEnd()}`
  if (settings === undefined) return appended(text, `settings:\n  ${written}\n`)
  if (!isMap(settings.value)) return lineAfter(text, endOf(settings.key as Scalar), `  ${written}`)
  if (settings.value.flow) {
    document.setIn(['settings', name], value)
    return document.toString({ lineWidth: 0 })
  }
  const own = pairOf(settings.value, name)?.value
  if (isScalar(own) && own.range)
    return text.slice(0, own.range[0]) + stringify(value).trimEnd() + text.slice(own.range[1])
  return lineAfter(text, endOfMap(settings.value), indentOf(text, settings.value) + written)
}

/** The text of a radtune.yaml with rules for drift to ignore, after those that are there. */
export function addIgnoreRules(text: string | undefined, rules: readonly Omit<IgnoreRule, 'at'>[]): string {
  return rules.reduce((before, { path, reason, owner, until }) => {
    const document = parseDocument(before)
    const rule = { path, reason, owner, until }
    const list = document.getIn(['drift', 'ignore'])
    const drift = isMap(document.contents) ? pairOf(document.contents, 'drift') : undefined
    if (drift === undefined) return appended(before, stringify({ drift: { ignore: [rule] } }))
    if (isSeq(list)) document.addIn(['drift', 'ignore'], rule)
    else document.setIn(['drift'], document.createNode({ ignore: [rule] }))
    return document.toString({ lineWidth: 0 })
  }, text ?? '')
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
}

function endOf(node: Scalar): number {
  return node.range?.[1] ?? 0
}

/** Where the last value of a map ends. */
function endOfMap(map: YAMLMap): number {
  const last = map.items.at(-1)
  const node = (last?.value ?? last?.key) as Scalar | undefined
  return node?.range?.[1] ?? 0
}

function indentOf(text: string, map: YAMLMap): string {
  const start = (map.items[0]?.key as Scalar | undefined)?.range?.[0] ?? 0
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
}

/** Puts a line after the one that holds a place. */
function lineAfter(text: string, place: number, line: string): string {
  const end = text.indexOf('\n', place)
  return end === -1 ? `${text}\n${line}\n` : `${text.slice(0, end + 1)}${line}\n${text.slice(end + 1)}`
}

function appended(text: string, block: string): string {
  const gap = text.trim() === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n'
  return `${text}${gap}${block}`
}
