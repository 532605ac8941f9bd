import type { ComposeEntry, ComposeMap, ComposeNode, ComposeProblem } from './compose-node.ts'
import { entryOf, isNothing, textOf } from './compose-node.ts'
import type { ComposeProject, ComposeService, Located } from './compose-project.ts'
import { type EnvironmentLine, readEnvironmentFile } from './environment-file.ts'
import { interpolate } from './interpolate.ts'
import { unknownTopLevelKeys } from './known-keys.ts'
import { mergeNodes } from './merge.ts'
import { normaliseService } from './normalise-service.ts'
import { folderOf, resolvePath } from './paths.ts'
import { readYaml } from './read-yaml.ts'

/** Where compose files come from. Paths are as given, or below the folder of the file that names them. */
export interface ComposeSource {
  /** In the order of `-f`: later ones are merged over earlier ones. */
  files: readonly string[]
  /** Variables of the shell; they win over those of `.env`. */
  environment: Readonly<Record<string, string | undefined>>
  /** The text of a file; undefined when there is none. */
  load: (path: string) => Promise<string | undefined>
}

export type ReadCompose = { ok: true; project: ComposeProject } | { ok: false; problems: ComposeProblem[] }

/**
 * Reads compose files as compose does: anchors, merge keys, interpolation, `extends`, `include`, several files, environment files,
 * short and long forms. What cannot be read at all comes as problems, what is merely odd as notes of the project. Never throws.
 */
export async function readCompose(source: ComposeSource): Promise<ReadCompose> {
  const reader = new ComposeReader(source)
  try {
    return { ok: true, project: await reader.read() }
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problems: error.problems }
    throw error
  }
}

class Unreadable extends Error {
  readonly problems: ComposeProblem[]

  constructor(problems: ComposeProblem[]) {
    super(problems[0]?.message)
    this.problems = problems
  }
}

const MOST_FILES = 100

class ComposeReader {
  readonly #source: ComposeSource
  readonly #folder: string
  readonly #files = new Set<string>()
  readonly #notes: ComposeProblem[] = []
  readonly #asked = new Set<string>()
  readonly #roots = new Map<string, ComposeMap>()
  readonly #dotEnv: string
  #dotEnvIsPassedOn = false
  #variables: Readonly<Record<string, string | undefined>> = {}

  constructor(source: ComposeSource) {
    this.#source = source
    this.#folder = folderOf(source.files[0] ?? '.')
    this.#dotEnv = resolvePath(this.#folder, '.env')
  }

  async read(): Promise<ComposeProject> {
    const dotEnv = await this.#readDotEnv()
    let merged: ComposeNode | undefined
    for (const file of this.#source.files) merged = mergeNodes(merged, await this.#readWhole(file))
    const root = merged as ComposeMap
    for (const problem of unknownTopLevelKeys(root)) this.#note(problem)
    const services = await this.#services(root)
    this.#checkDependencies(services)
    return {
      name: textOf(entryOf(root, 'name')),
      node: root,
      files: [...this.#files],
      services,
      unusedVariables: this.#unusedOf(dotEnv),
      notes: this.#notes,
    }
  }

  /** A file with what it includes and its services extended. */
  async #readWhole(file: string, including: readonly string[] = []): Promise<ComposeMap> {
    const root = await this.#root(file)
    const services = entryOf(root, 'services')
    if (services !== undefined && services.kind !== 'map' && !isNothing(services))
      throw new Unreadable([{ at: services.at, message: 'services: is a map of names' }])
    const extended = new Map<string, ComposeEntry>()
    for (const [name, { at, value }] of services?.kind === 'map' ? services.entries : []) {
      if (value.kind !== 'map' && value.tag === undefined)
        throw new Unreadable([{ at: value.at, message: `services.${name} is a map of keys` }])
      extended.set(name, { at, value: await this.#extended(value, { file, name, above: [] }) })
    }
    const own: ComposeMap = { ...root, entries: new Map(root.entries) }
    const ownEntries = own.entries as Map<string, ComposeEntry>
    if (services !== undefined)
      ownEntries.set('services', {
        at: services.at,
        value: { kind: 'map', entries: extended, at: services.at },
      })
    return await this.#withIncluded(own, { file, including })
  }

  async #withIncluded(
    own: ComposeMap,
    { file, including }: { file: string; including: readonly string[] },
  ): Promise<ComposeMap> {
    const include = entryOf(own, 'include')
    let merged: ComposeNode | undefined
    for (const item of include?.kind === 'list' ? include.items : []) {
      const path = entryOf(item, 'path') ?? item
      for (const one of path.kind === 'list' ? path.items : [path]) {
        const text = textOf(one)
        if (text === undefined) continue
        const included = resolvePath(folderOf(file), text)
        if (included === file || including.includes(included))
          throw new Unreadable([{ at: one.at, message: `${included} includes itself` }])
        merged = mergeNodes(merged, await this.#readWhole(included, [...including, file]))
      }
    }
    return merged === undefined ? own : (mergeNodes(merged, own) as ComposeMap)
  }

  /** A service with what it extends merged under it. */
  async #extended(
    node: ComposeNode,
    { file, name, above }: { file: string; name: string; above: readonly string[] },
  ): Promise<ComposeNode> {
    const extending = entryOf(node, 'extends')
    if (node.kind !== 'map' || extending === undefined) return node
    const baseName = textOf(extending) ?? textOf(entryOf(extending, 'service'))
    const baseFile = textOf(entryOf(extending, 'file'))
    const from = baseFile === undefined ? file : resolvePath(folderOf(file), baseFile)
    const id = `${from}#${baseName}`
    if (baseName === undefined)
      throw new Unreadable([{ at: extending.at, message: `services.${name} extends no service` }])
    if (above.includes(id))
      throw new Unreadable([{ at: extending.at, message: `services.${name} extends itself` }])
    const base = entryOf(entryOf(await this.#root(from, extending.at), 'services'), baseName)
    if (base === undefined)
      throw new Unreadable([{ at: extending.at, message: `${from} has no service ${baseName} to extend` }])
    const whole = await this.#extended(base, { file: from, name: baseName, above: [...above, id] })
    const entries = new Map(node.entries)
    entries.delete('extends')
    return mergeNodes(whole, { ...node, entries })
  }

  /** A file as a map, its variables filled in; read once. */
  async #root(file: string, askedAt?: ComposeProblem['at']): Promise<ComposeMap> {
    const known = this.#roots.get(file)
    if (known !== undefined) return known
    const at = askedAt ?? { file, line: 1, column: 1 }
    const text = await this.#load(file, at)
    if (text === undefined) throw new Unreadable([{ at, message: `${file} does not exist` }])
    if (this.#roots.size >= MOST_FILES) throw new Unreadable([{ at, message: 'too many files' }])
    const parsed = readYaml(text, file)
    if (!parsed.ok) throw new Unreadable(parsed.problems)
    if (parsed.node.kind !== 'map')
      throw new Unreadable([{ at: parsed.node.at, message: 'a compose file is a map with the key services' }])
    const { node, unset, missing, asked } = interpolate(parsed.node, this.#variables)
    for (const name of asked) this.#asked.add(name)
    if (missing.length > 0) throw new Unreadable(missing)
    for (const problem of unset) this.#note(problem)
    this.#roots.set(file, node as ComposeMap)
    return node as ComposeMap
  }

  async #services(root: ComposeMap): Promise<ComposeService[]> {
    const services = entryOf(root, 'services')
    if (services?.kind !== 'map' || services.entries.size === 0)
      throw new Unreadable([{ at: root.at, message: 'it has no services' }])
    const found: ComposeService[] = []
    for (const [name, { at, value }] of services.entries) {
      const node: ComposeMap =
        value.kind === 'map' ? value : { kind: 'map', entries: new Map(), at: value.at }
      found.push(
        normaliseService(node, {
          name,
          at,
          fileEnvironment: await this.#fileEnvironment(entryOf(node, 'env_file')),
          variables: this.#variables,
          note: (problem) => this.#note(problem),
        }),
      )
    }
    return found
  }

  async #fileEnvironment(node: ComposeNode | undefined): Promise<Map<string, Located<string>>> {
    const environment = new Map<string, Located<string>>()
    const items = node === undefined || isNothing(node) ? [] : node.kind === 'list' ? node.items : [node]
    for (const item of items) {
      const named = textOf(entryOf(item, 'path') ?? item)
      if (named === undefined) continue
      const base = this.#source.files.includes(item.at.file) ? this.#folder : folderOf(item.at.file)
      const path = resolvePath(base, named)
      const text = await this.#load(path, item.at)
      if (text === undefined && textOf(entryOf(item, 'required')) !== 'false')
        this.#note({ at: item.at, message: `${path} does not exist, and compose would refuse to start` })
      if (path === this.#dotEnv) this.#dotEnvIsPassedOn = true
      for (const [name, located] of this.#filledIn(readEnvironmentFile(text ?? ''), path))
        environment.set(name, located)
    }
    return environment
  }

  /** Lines of an environment file with their variables filled in, from the shell, `.env` and the lines above. */
  #filledIn(lines: readonly EnvironmentLine[], file: string): Map<string, Located<string>> {
    const found = new Map<string, Located<string>>()
    const above: Record<string, string> = {}
    for (const { name, value, line, literal } of lines) {
      const at = { file, line, column: 1 }
      const { node, asked } = interpolate({ kind: 'scalar', value, at }, { ...above, ...this.#variables })
      for (const variable of literal ? [] : asked) this.#asked.add(variable)
      above[name] = literal ? value : (textOf(node) ?? '')
      found.set(name, { value: above[name], at })
    }
    return found
  }

  async #readDotEnv(): Promise<Located<string>[]> {
    const path = this.#dotEnv
    const text = await this.#load(path, { file: path, line: 1, column: 1 })
    this.#variables = this.#source.environment
    const lines = [...this.#filledIn(readEnvironmentFile(text ?? ''), path)]
    const fromFile = Object.fromEntries(lines.map(([name, { value }]) => [name, value]))
    this.#variables = { ...fromFile, ...this.#source.environment }
    return lines.map(([name, { at }]) => ({ value: name, at }))
  }

  /** A service that names `.env` as its environment file gets all of it. */
  #unusedOf(dotEnv: readonly Located<string>[]): Located<string>[] {
    return this.#dotEnvIsPassedOn
      ? []
      : dotEnv.filter(({ value }) => !this.#asked.has(value) && !value.startsWith('COMPOSE_'))
  }

  #checkDependencies(services: readonly ComposeService[]): void {
    const names = services.map(({ name }) => name)
    for (const { name, dependsOn } of services)
      for (const [dependency, { at }] of dependsOn)
        if (!names.includes(dependency))
          this.#note({ at, message: `${name} depends on ${dependency}, and there is no such service` })
  }

  /** A file that is there and cannot be read is a problem at the place that asks for it. */
  async #load(path: string, at: ComposeProblem['at']): Promise<string | undefined> {
    const text = await this.#source.load(path).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new Unreadable([{ at, message: `${path} cannot be read: ${why}` }])
    })
    if (text !== undefined) this.#files.add(path)
    return text
  }

  #note(problem: ComposeProblem): void {
    this.#notes.push(problem)
  }
}
