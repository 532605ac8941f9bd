import { readEnvironmentFile } from '../compose-file/index.ts'
import type { ComparedSource } from './compare-fields.ts'
import { type Field, textField } from './field.ts'

/** An example of an environment file against the one that would be generated: its variables, whatever is said about them. */
export function variablesSource({
  name,
  wanted,
  found,
}: {
  name: string
  wanted: string
  found: string
}): ComparedSource {
  return {
    kind: 'files',
    name,
    wanted: variablesOf(wanted, name),
    found: { state: 'read', fields: variablesOf(found, name) },
    noEffect: [],
  }
}

function variablesOf(text: string, file: string): Field[] {
  return readEnvironmentFile(text).map(({ name, value, line }) =>
    textField({ path: `example.${name}`, class: 'environment', at: { file, line, column: 1 } }, value),
  )
}
