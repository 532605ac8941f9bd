import { z } from 'zod'

/** `error` of the JSON document of every command. */
export const errorDocumentSchema = z.strictObject({
  code: z.string().regex(/^RT-[A-Z]+-\d{3}$/),
  title: z.string(),
  what: z.string(),
  why: z.string().nullable(),
  logs: z.array(z.string()),
  fix: z.array(z.string()),
  left: z.string().nullable(),
})

/** The JSON document of a command whose `data` is as given; `data` is null and `error` is set when it failed. */
export function envelopeSchema<Data extends z.ZodType>(schema: string, data: Data) {
  return z.strictObject({
    schema: z.literal(schema),
    ok: z.boolean(),
    exitCode: z.number().int(),
    data: data.nullable(),
    warnings: z.array(z.string()),
    error: errorDocumentSchema.nullable(),
  })
}
