import { profileSchemaJson } from '@radtune/core/profile'
import { z } from 'zod'
import { answerSchemas } from '../../packages/cli/src/output/answer-schemas.ts'

/** docs/reference/schemas: the JSON schema of every JSON document, and of a profile. */
export function schemaFiles(): [string, string][] {
  const answers = Object.entries(answerSchemas).map(([name, schema]): [string, unknown] => [
    `schemas/${name.replace('/', '-')}.json`,
    { title: name, ...z.toJSONSchema(schema) },
  ])
  return [...answers, ['schemas/profile.json', profileSchemaJson()] as [string, unknown]].map(
    ([path, schema]) => [path, `${JSON.stringify(schema, null, 2)}\n`],
  )
}
