import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Artifact } from './artifact.ts'

/** One field in which a file on disk differs from what would be generated. */
export interface ArtifactDifference {
  /** `services.kafka.deploy.resources.limits.memory`, a variable of an env file, or `text` for comments and layout. */
  path: string
  /** Undefined: the field is missing in the file. */
  found: string | undefined
  /** Undefined: the field should not be there. */
  wanted: string | undefined
  /** Place in the file on disk, from 1; of the nearest thing around it when the field is missing. */
  line: number
  column: number
}

interface Field {
  text: string
  line: number
  column: number
}

/** Lists what differs, field by field; where no field does, the first line that does. Empty when the texts are the same. */
export function compareArtifact(found: string, { path, text: wanted }: Artifact): ArtifactDifference[] {
  if (found === wanted) return []
  const fieldsOf = /\.ya?ml$/.test(path) ? yamlFields : variables
  const [before, after] = [fieldsOf(found), fieldsOf(wanted)]
  const differences = [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => before.get(field)?.text !== after.get(field)?.text)
    .map((field) => {
      const { line, column } = before.get(field) ?? nearest(field, before)
      return { path: field, found: before.get(field)?.text, wanted: after.get(field)?.text, line, column }
    })
  return differences.length > 0 ? differences : [firstLine(found, wanted)]
}

function yamlFields(text: string): Map<string, Field> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const fields = new Map<string, Field>()
  const add = (path: string, text: string, offset: number) => {
    const { line, col } = lines.linePos(offset)
    fields.set(path, { text, line, column: col })
  }
  const [error] = document.errors
  if (error) add('text', error.message, error.pos[0])
  else if (document.contents) visit(document.contents, '')
  return fields

  function visit(node: Node, path: string): void {
    const offset = node.range?.[0] ?? 0
    if (isMap(node) && node.items.length > 0) {
      for (const { key, value } of node.items) {
        const inner = path === '' ? String(key) : `${path}.${key}`
        if (value === null) add(inner, 'null', (key as Node).range?.[0] ?? offset)
        else visit(value as Node, inner)
      }
    } else if (isSeq(node) && !node.items.every((item) => isScalar(item))) {
      for (const [index, item] of node.items.entries()) visit(item as Node, `${path}[${index}]`)
    } else {
      add(path, textOf(node), offset)
    }
  }
}

function textOf(node: Node): string {
  if (isAlias(node)) return `*${node.source}`
  if (isSeq(node)) return `[${node.items.map(String).join(', ')}]`
  return isScalar(node) ? String(node.value) : '{}'
}

function variables(text: string): Map<string, Field> {
  const fields = new Map<string, Field>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line)
    if (match?.[1]) fields.set(match[1], { text: match[2] ?? '', line: index + 1, column: 1 })
  }
  return fields
}

/** Where a missing field would belong: the first field that the file has around it. */
function nearest(path: string, fields: ReadonlyMap<string, Field>): { line: number; column: number } {
  for (let around = path; around.includes('.'); ) {
    around = around.slice(0, around.lastIndexOf('.'))
    for (const [other, field] of fields) if (other.startsWith(`${around}.`)) return field
  }
  return { line: 1, column: 1 }
}

function firstLine(found: string, wanted: string): ArtifactDifference {
  const [before, after] = [found.split('\n'), wanted.split('\n')]
  const index = after.findIndex((line, at) => line !== before[at])
  const at = index === -1 ? after.length : index
  return { path: 'text', found: before[at], wanted: after[at], line: at + 1, column: 1 }
}
