import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import type { RuntimeEvent } from '../../ports/runtime.ts'
import { runDocker } from './compose-command.ts'
import type { Engine } from './engine.ts'

const DOCKERFILE = join('compose', 'image', 'Dockerfile')
/** What the image is built from, below the folder of the sources. */
const BUILD_INPUTS = [
  '.dockerignore',
  '.npmrc',
  'compose/image',
  'package.json',
  'package-lock.json',
  'packages/cli/package.json',
  'scripts/package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'packages/core',
  'packages/pipeline',
  'packages/web',
]
const NOT_BUILT_FROM = /(^|\/)(dist|node_modules|test|\.turbo)(\/|$)|\.test\.tsx?$/
/** Label of the image: a fingerprint of its sources. */
const SOURCES_LABEL = 'radtune.sources'

/** The folder of radtune's own sources, at or above `programDir`; undefined where radtune is installed without them. */
export function findSources(programDir: string): string | undefined {
  for (let folder = programDir; ; folder = dirname(folder)) {
    if (existsSync(join(folder, DOCKERFILE))) return folder
    if (folder === dirname(folder)) return undefined
  }
}

interface Provision {
  signal: AbortSignal
  onEvent: (event: RuntimeEvent) => void
}

/**
 * Makes sure of an image that comes from a registry. Throws RT-DOCKER-004 when the engine does not have it and cannot pull it.
 */
export async function providePulled(
  engine: Engine,
  image: string,
  { signal, onEvent }: Provision,
): Promise<void> {
  if (await hasImage(engine, image)) return
  onEvent({ kind: 'fetching', what: image, detail: 'docker pull' })
  const { code, output } = await runDocker(['pull', '--quiet', image], signal)
  signal.throwIfAborted()
  if (code !== 0) throw missing(image, output)
}

/**
 * Makes sure of the image of the pipeline: built from the sources when they have changed since, pulled where there are none.
 * Throws RT-DOCKER-004 and RT-DOCKER-005.
 */
export async function providePipeline(
  engine: Engine,
  image: string,
  { sources, signal, onEvent }: Provision & { sources: string | undefined },
): Promise<void> {
  if (sources === undefined) return await providePulled(engine, image, { signal, onEvent })
  const fingerprint = await fingerprintOf(sources)
  if ((await labelOf(engine, image)) === fingerprint) return
  onEvent({ kind: 'fetching', what: image, detail: `docker build, from ${sources}` })
  const { code, output } = await runDocker(
    [
      'build',
      '--label',
      `${SOURCES_LABEL}=${fingerprint}`,
      '--tag',
      image,
      '--file',
      join(sources, DOCKERFILE),
      sources,
    ],
    signal,
  )
  signal.throwIfAborted()
  if (code === 0) return
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  if (
    lines.some((line) =>
      /pull access denied|failed to resolve|manifest unknown|Client\.Timeout|no such host/.test(line),
    )
  )
    throw missing(/FROM (\S+)/.exec(output)?.[1] ?? 'an image that it is built on', output)
  throw new RadtuneError('RT-DOCKER-005', {
    what: `${image} could not be built`,
    why: lines.at(-1) ?? `docker build ended with exit code ${code}`,
    logs: lines.slice(-15),
  })
}

function missing(image: string, output: string): RadtuneError {
  return new RadtuneError('RT-DOCKER-004', {
    what: `the engine does not have ${image} and cannot pull it`,
    why: output.trim().split('\n').at(-1) ?? 'docker pull failed',
    fix: [
      `docker pull ${image}`,
      `docker load --input FILE    (of docker save ${image})`,
      'radtune up --runtime local',
    ],
  })
}

async function hasImage(engine: Engine, image: string): Promise<boolean> {
  return (await inspectImage(engine, image)) !== undefined
}

async function labelOf(engine: Engine, image: string): Promise<string | undefined> {
  return (await inspectImage(engine, image))?.Config?.Labels?.[SOURCES_LABEL]
}

/** The identity of an image that the engine has. */
export async function imageIdOf(engine: Engine, image: string): Promise<string | undefined> {
  return (await inspectImage(engine, image))?.Id
}

async function inspectImage(engine: Engine, image: string) {
  return await engine
    .getImage(image)
    .inspect()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode === 404) return undefined
      throw error
    })
}

/** Of all files that the image is built from: names and contents. */
async function fingerprintOf(sources: string): Promise<string> {
  const hash = createHash('sha256')
  for (const input of BUILD_INPUTS)
    for (const path of await filesUnder(join(sources, input))) {
      hash.update(`${relative(sources, path)}\0`)
      hash.update(await readFile(path))
    }
  return hash.digest('hex').slice(0, 16)
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return undefined
      throw error
    },
  )
  if (entries === undefined) return [path]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !NOT_BUILT_FROM.test(relative(path, file)))
    .sort()
}
