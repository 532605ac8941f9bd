import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCompose } from '@radtune/core/compose-file'
import { composeFields } from '@radtune/core/drift'
import { describe, expect, it } from 'vitest'
import { docker, withoutEngine } from './engine.ts'

const corpus = join(import.meta.dirname, '../../packages/core/test/compose')

/** A file that compose itself refuses, and files that only belong to others. */
const files = readdirSync(corpus, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => {
    const folder = join(corpus, name)
    const base = readdirSync(folder).find((file) => /^(docker-)?compose\.ya?ml$|^stack\.yml$/.test(file))
    if (base === undefined) return []
    const over = base.replace(/\.(ya?ml)$/, '.override.$1')
    return [[name, existsSync(join(folder, over)) ? [base, over] : [base]] as const]
  })

/** What both have to say in the same way; paths are made absolute by compose, and defaults are filled in. */
const COMPARED =
  /\.(memory|cpus|memorySwap|reservedMemory|reservedCpus|heap|command|entrypoint|image|restart|ports|replicas)$|\.environment\.|\.depends_on\.|\.healthcheck|\.labels\./

async function fieldsOf(texts: Readonly<Record<string, string>>, names: readonly string[], folder?: string) {
  const read = await readCompose({
    files: names,
    environment: {},
    load: async (path) => {
      const text = texts[path]
      if (text !== undefined || folder === undefined) return text
      const file = join(folder, path)
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined
    },
  })
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('; '))
  const started = new Set(
    read.project.services.filter(({ profiles }) => profiles.length === 0).map(({ name }) => name),
  )
  return new Map(
    composeFields(read.project)
      .filter(({ path, service }) => service !== undefined && started.has(service) && COMPARED.test(path))
      .map(({ path, canonical }) => [path, canonical]),
  )
}

describe.skipIf(withoutEngine)('our reader against docker compose config', () => {
  it.each(files)('%s: the same fields, each with the same value', async (name, given) => {
    const folder = join(corpus, name)
    const flags = given.flatMap((file) => ['-f', join(folder, file)])
    const theirs = docker(['compose', '--project-directory', folder, ...flags, 'config', '--format', 'json'])
    const [own, other] = await Promise.all([
      fieldsOf({}, given, folder),
      fieldsOf({ 'compose.yaml': theirs }, ['compose.yaml']),
    ])
    expect(own.size).toBeGreaterThan(0)
    expect(Object.fromEntries(own)).toEqual(Object.fromEntries(other))
  })
})
