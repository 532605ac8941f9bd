import { z } from 'zod'
import {
  parseSetting,
  parseSettingKey,
  printSettingRange,
  type SettingKey,
  type SettingValues,
  settings,
} from '../settings/index.ts'
import {
  formatDuration,
  type Parsed,
  parseBytes,
  parseCpus,
  parseDuration,
  parseRateRange,
} from '../units/index.ts'
import { machineProblem } from './profile-name.ts'

const textOrNumber = z.union([z.string(), z.number()])

/** One pinned setting, read. */
export interface ReadPin {
  /** As written, to find its line. */
  writtenKey: string
  key: SettingKey
  value: SettingValues[SettingKey]
  service?: string
}

/** The text of a profile after YAML: strict, values read by the parsers of their units. Issues carry the path. */
export const profileSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'a profile name is made of letters, digits, ".", "-" and "_"')
    .describe('Name of the profile; the name of the file when absent.')
    .optional(),
  machine: z
    .strictObject({
      cpus: readBy(parseCpus).describe('CPUs of the machine: 4, 1.5 or 500m.'),
      memory: readBy(parseBytes).describe('Memory of the machine: 8GB or 7680MiB; every suffix is binary.'),
    })
    .superRefine(({ cpus, memory }, context) => {
      const problem = machineProblem({ cpus, memoryBytes: memory })
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .describe('The machine that the pipeline gets.'),
  workload: z
    .strictObject({
      rate: readBy(parseRateRange).describe('Readings per second: 1000-10000.').optional(),
      latency: readBy(parseLatency).describe('Target of the latency end to end: 100ms.').optional(),
    })
    .describe('What is asked of the pipeline; what a machine of this size usually carries when absent.')
    .nullish(),
  settings: z
    .record(z.string(), z.unknown())
    .transform(readPins)
    .describe('Settings that are pinned.')
    .nullish(),
})

/** JSON schema (draft 2020-12) of a profile, for editors: the zod schema with every setting of the table. */
export function profileSchemaJson(): Record<string, unknown> {
  const schema = z.toJSONSchema(profileSchema, { io: 'input' }) as Record<string, unknown>
  const properties = Object.fromEntries(
    (Object.keys(settings) as SettingKey[]).map((key) => [
      key,
      { description: `${settings[key].title}; ${printSettingRange(key)}`, type: ['string', 'number'] },
    ]),
  )
  const ofOneWorker = { '^worker-[1-9][0-9]*\\.(memory|cpus|heap)$': { type: ['string', 'number'] } }
  return {
    ...schema,
    title: 'radtune profile',
    properties: {
      ...(schema.properties as Record<string, unknown>),
      settings: {
        description: 'Settings that are pinned.',
        type: ['object', 'null'],
        properties,
        patternProperties: ofOneWorker,
        additionalProperties: false,
      },
    },
  }
}

/** A value in text or as a number, read by the parser of its unit, whose sentence is the issue. */
function readBy<Value>(parse: (text: string) => Parsed<Value>) {
  return textOrNumber.transform((raw, context): Value => {
    const result = parse(String(raw))
    if (result.ok) return result.value
    context.addIssue({ code: 'custom', message: result.problem })
    return z.NEVER
  })
}

function parseLatency(text: string): Parsed<number> {
  const result = parseDuration(text)
  if (!result.ok || (result.value >= 1 && result.value <= 3_600_000)) return result
  return {
    ok: false,
    problem: `${formatDuration(result.value)} is not a latency target between 1 ms and 1 h`,
  }
}

function readPins(written: Record<string, unknown>, context: z.RefinementCtx): ReadPin[] {
  return Object.entries(written).flatMap(([writtenKey, raw]) => {
    const parsedKey = parseSettingKey(writtenKey)
    if (!parsedKey.ok) {
      const nested =
        typeof raw === 'object' && raw !== null ? '; settings are written with dots, such as kafka.heap' : ''
      context.addIssue({
        code: 'custom',
        path: [writtenKey],
        message: `${parsedKey.problem}${nested}`,
        params: { at: 'key', suggestion: parsedKey.suggestion },
      })
      return []
    }
    const value = parseSetting(parsedKey.key, raw)
    if (!value.ok) {
      context.addIssue({ code: 'custom', path: [writtenKey], message: `${writtenKey}: ${value.problem}` })
      return []
    }
    const { ok: _, ...named } = parsedKey
    return [{ writtenKey, ...named, value: value.value }]
  })
}
