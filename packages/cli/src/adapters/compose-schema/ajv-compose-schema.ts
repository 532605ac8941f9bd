import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ErrorObject } from 'ajv'
import type { ComposeSchema } from '../../ports/compose-schema.ts'

/** The schema that the package dclint carries, of all on npm the one that keeps up with the specification. */
export function createComposeSchema(): ComposeSchema {
  return {
    async problems(file) {
      const schema = await readSchema()
      if (schema === undefined) return []
      // Of a CommonJS package, a bundle has the default export alone.
      const { default: ajv } = await import('ajv')
      const validate = new ajv.Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema)
      return validate(file) ? [] : describe(validate.errors ?? [])
    },
  }
}

async function readSchema(): Promise<Record<string, unknown> | undefined> {
  try {
    const folder = dirname(fileURLToPath(import.meta.resolve('dclint/package.json')))
    // Its draft is named by an address that ajv does not know; it is draft 7, which is what ajv takes.
    const { $schema: _, ...schema } = JSON.parse(
      await readFile(join(folder, 'schemas', 'compose.schema.json'), 'utf8'),
    )
    return schema
  } catch {
    return undefined // Installed without it: our own checks still hold.
  }
}

/** One sentence for each place; of alternatives that all fail, what each of them wanted. */
function describe(errors: readonly ErrorObject[]): { path: string[]; message: string }[] {
  const telling = errors.filter(({ keyword }) => !['oneOf', 'anyOf', 'if'].includes(keyword))
  const byPlace = new Map<string, ErrorObject[]>()
  for (const error of telling) {
    const place = placeOf(error)
    byPlace.set(place, [...(byPlace.get(place) ?? []), error])
  }
  return [...byPlace].map(([place, found]) => ({
    path: place
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
    message: [...new Set(found.map(sentence))].join(', or '),
  }))
}

/** JSON pointer of what is wrong: of the key itself where a key is too many. */
function placeOf({ instancePath, keyword, params }: ErrorObject): string {
  return keyword === 'additionalProperties' ? `${instancePath}/${params.additionalProperty}` : instancePath
}

function sentence({ keyword, params, message = 'is not allowed' }: ErrorObject): string {
  switch (keyword) {
    case 'additionalProperties':
      return `"${params.additionalProperty}" is no key of the compose specification here`
    case 'enum':
      return `must be one of ${params.allowedValues.join(', ')}`
    default:
      return message
  }
}
