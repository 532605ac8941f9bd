import { type Document, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { RadtuneError } from '../errors/index.ts'
import { nearest } from '../settings/index.ts'
import type { Profile, ProfileProblem } from './profile.ts'
import { usualWorkload } from './profile-name.ts'
import { profileSchema, type ReadPin } from './profile-schema.ts'

export type ParsedProfile = { ok: true; profile: Profile } | { ok: false; problems: ProfileProblem[] }

/**
 * Reads the text of a profile, strictly. All problems come at once, each with its line and column; `file` names the
 * text in them and gives the profile its name when the text does not.
 */
export function parseProfile(text: string, { file }: { file: string }): ParsedProfile {
  const source = readYaml(text, file)
  if (source.fatal.length > 0) return { ok: false, problems: source.fatal }
  const result = profileSchema.safeParse(source.value, { reportInput: true })
  const schemaProblems = result.success
    ? []
    : result.error.issues.flatMap((issue) => describeIssue(issue, source))
  const name = result.data?.name ?? nameOfFile(file)
  const nameProblems =
    result.success && !isProfileName(name)
      ? [
          {
            ...source.at([]),
            message: `"${name}" cannot be the name of a profile; add a line such as "name: my-machine"`,
          },
        ]
      : []
  const problems = inOrder([...source.problems, ...schemaProblems, ...nameProblems])
  if (!result.success || problems.length > 0) return { ok: false, problems }
  const { machine, workload, settings } = result.data
  const usual = usualWorkload(machine.cpus)
  return {
    ok: true,
    profile: {
      name,
      file,
      machine: { cpus: machine.cpus, memoryBytes: machine.memory },
      workload: {
        minPerSecond: workload?.rate?.minPerSecond ?? usual.minPerSecond,
        maxPerSecond: workload?.rate?.maxPerSecond ?? usual.maxPerSecond,
        latencyTargetMs: workload?.latency ?? usual.latencyTargetMs,
      },
      pins: (settings ?? []).map((pin) => locatePin(pin, source)),
    },
  }
}

/** The error RT-PROF-001 of a profile that cannot be read: every problem with its place. */
export function profileError(problems: readonly ProfileProblem[]): RadtuneError {
  const file = problems[0]?.file ?? 'the profile'
  return new RadtuneError('RT-PROF-001', {
    what: `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
    why: problems.map(printProfileProblem).join('\n'),
  })
}

/** `profiles/own.yaml:3:5: unknown key "memroy" (did you mean "memory"?)`. */
export function printProfileProblem({ file, line, column, message, suggestion }: ProfileProblem): string {
  const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
  return `${file}:${line}:${column}: ${message}${hint}`
}

type Path = readonly PropertyKey[]
type Place = Pick<ProfileProblem, 'file' | 'line' | 'column'>

interface Source {
  value: unknown
  /** Nothing more can be said about the text than these. */
  fatal: ProfileProblem[]
  /** These come on top of what is wrong with the values. */
  problems: ProfileProblem[]
  /** Place of the value at a path, or of the nearest thing around it that exists. */
  at(path: Path): Place
  /** Place of the key at the end of a path. */
  atKey(path: Path): Place
}

function readYaml(text: string, file: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeAt = (offset: number | undefined): Place => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const found = [...document.errors, ...document.warnings].map((error) => ({
    code: error.code,
    problem: { ...placeAt(error.pos[0]), message: yamlMessage(error.code, error.message) },
  }))
  const fatal = found.filter(({ code }) => code !== 'DUPLICATE_KEY').map(({ problem }) => problem)
  const source: Source = {
    value: undefined,
    fatal: inOrder(fatal),
    problems: found.filter(({ code }) => code === 'DUPLICATE_KEY').map(({ problem }) => problem),
    at: (path) => placeAt(offsetOf(document, path).value),
    atKey: (path) => placeAt(offsetOf(document, path).key),
  }
  if (fatal.length > 0) return source
  const whole = wholeProblem(document, text)
  if (whole !== undefined) return { ...source, fatal: [{ ...source.at([]), message: whole }] }
  const keyOffset = findCollectionKey(document)
  if (keyOffset !== undefined)
    return { ...source, fatal: [{ ...placeAt(keyOffset), message: 'a key is a word, not a list or a map' }] }
  try {
    return { ...source, value: document.toJS({ maxAliasCount: 20 }) }
  } catch (error) {
    const message = `its aliases cannot be followed: ${error instanceof Error ? error.message : error}`
    return { ...source, fatal: [{ ...source.at([]), message }] }
  }
}

function wholeProblem(document: Document, text: string): string | undefined {
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return 'the profile is empty; it needs at least "machine: {cpus: 4, memory: 8GB}"'
  if (text.includes('\0')) return 'this is not a text file'
  return isMap(document.contents)
    ? undefined
    : 'a profile is a map with the keys machine, workload and settings'
}

function findCollectionKey(document: Document): number | undefined {
  let offset: number | undefined
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key)) return undefined
      offset = startOf(key) ?? 0
      return visit.BREAK
    },
  })
  return offset
}

function yamlMessage(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used as indentation; YAML takes spaces only'
    case 'DUPLICATE_KEY':
      return 'the key is written twice'
    case 'MULTIPLE_DOCS':
      return 'a second document begins; a profile is one document'
    default:
      return message
  }
}

function describeIssue(issue: z.core.$ZodIssue, source: Source): ProfileProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known = knownKeys(issue.path)
      const suggestion = nearest(key, known)
      return {
        ...source.atKey([...issue.path, key]),
        message: `unknown key "${key}"; known here: ${known.join(', ')}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      }
    })
  const params = 'params' in issue ? issue.params : undefined
  const place = params?.at === 'key' ? source.atKey(issue.path) : source.at(issue.path)
  const suggestion = params?.suggestion
  return [
    {
      ...place,
      message: issueMessage(issue),
      ...(typeof suggestion === 'string' ? { suggestion } : {}),
    },
  ]
}

function issueMessage(issue: z.core.$ZodIssue): string {
  const key = issue.path.join('.')
  // Problems with one setting name it themselves.
  const about = key === '' || key.startsWith('settings.') ? '' : `${key}: `
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
      return issue.input === undefined
        ? `${key} is missing`
        : `${about}${JSON.stringify(issue.input)} is not ${issue.code === 'invalid_type' && issue.expected !== 'string' ? 'a map of keys and values' : 'a value'}`
    default:
      return `${about}${issue.message}`
  }
}

function knownKeys(path: Path): string[] {
  switch (path[0]) {
    case 'machine':
      return ['cpus', 'memory']
    case 'workload':
      return ['rate', 'latency']
    default:
      return ['name', 'machine', 'workload', 'settings']
  }
}

function offsetOf(document: Document, path: Path): { key: number | undefined; value: number | undefined } {
  let node: unknown = document.contents
  let offsets = { key: startOf(node), value: startOf(node) }
  for (const segment of path) {
    const pair = isMap(node) ? node.items.find((item) => keyOf(item) === String(segment)) : undefined
    if (pair === undefined) return offsets
    node = pair.value
    const key = startOf(pair.key)
    offsets = { key, value: startOf(node) ?? key }
  }
  return offsets
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0]
}

function locatePin({ writtenKey, ...pin }: ReadPin, source: Source): Profile['pins'][number] {
  return { ...pin, line: source.atKey(['settings', writtenKey]).line }
}

function nameOfFile(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? file).replace(/\.ya?ml$/i, '')
}

function isProfileName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name)
}

function inOrder(problems: ProfileProblem[]): ProfileProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
