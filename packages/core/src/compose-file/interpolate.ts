import type { ComposeNode, ComposeProblem } from './compose-node.ts'

type Variables = Readonly<Record<string, string | undefined>>

export interface Interpolated {
  node: ComposeNode
  /** Variables that are not set and have no default; compose takes them for empty. */
  unset: ComposeProblem[]
  /** `${A:?message}` without A. */
  missing: ComposeProblem[]
  /** Names of all variables that were asked for. */
  asked: Set<string>
}

/** Replaces `$A`, `${A}`, `${A:-b}`, `${A-b}`, `${A:+b}`, `${A+b}`, `${A:?why}` and `${A?why}` in all values, not in keys. */
export function interpolate(node: ComposeNode, variables: Variables): Interpolated {
  const result: Interpolated = { node, unset: [], missing: [], asked: new Set() }
  const visit = (one: ComposeNode): ComposeNode => {
    switch (one.kind) {
      case 'map': {
        const entries = [...one.entries].map(
          ([key, entry]) => [key, { ...entry, value: visit(entry.value) }] as const,
        )
        return { ...one, entries: new Map(entries) }
      }
      case 'list':
        return { ...one, items: one.items.map(visit) }
      case 'scalar':
        return typeof one.value === 'string' && one.value.includes('$')
          ? { ...one, value: substitute(one.value, { variables, result, at: one.at }) }
          : one
    }
  }
  result.node = visit(node)
  return result
}

interface Substitution {
  variables: Variables
  result: Interpolated
  at: ComposeNode['at']
}

function substitute(text: string, context: Substitution): string {
  let out = ''
  for (let index = 0; index < text.length; ) {
    const rest = text.slice(index)
    const plain = /^\$([A-Za-z_]\w*)/.exec(rest)
    const braced = rest.startsWith('${') ? closingBrace(rest) : -1
    if (rest.startsWith('$$')) {
      out += '$'
      index += 2
    } else if (plain?.[1] !== undefined) {
      out += lookUp(plain[1], '', context)
      index += plain[0].length
    } else if (braced > 0) {
      out += expand(rest.slice(2, braced), context)
      index += braced + 1
    } else {
      out += text[index]
      index++
    }
  }
  return out
}

/** Of the brace that closes the first one; -1 when there is none. Expressions nest. */
function closingBrace(text: string): number {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    if (text.startsWith('${', index)) depth++
    else if (text[index] === '}' && --depth === 0) return index
  }
  return -1
}

function expand(expression: string, context: Substitution): string {
  const match = /^([A-Za-z_]\w*)(?:(:?[-+?])([\s\S]*))?$/.exec(expression)
  const [, name, operator = '', word = ''] = match ?? []
  if (name === undefined) {
    context.result.missing.push({ at: context.at, message: `\${${expression}} is not a variable` })
    return ''
  }
  return lookUp(name, operator, context, word)
}

function lookUp(name: string, operator: string, context: Substitution, word = ''): string {
  const { variables, result, at } = context
  result.asked.add(name)
  const value = variables[name]
  const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  switch (operator.at(-1)) {
    case '-':
      return isSet ? (value ?? '') : substitute(word, context)
    case '+':
      return isSet ? substitute(word, context) : ''
    case '?':
      if (!isSet)
        result.missing.push({
          at,
          message: `${name} is not set: ${substitute(word, context) || 'it is required'}`,
        })
      return value ?? ''
    default:
      if (value === undefined)
        result.unset.push({ at, message: `${name} is not set; compose takes it for empty` })
      return value ?? ''
  }
}
