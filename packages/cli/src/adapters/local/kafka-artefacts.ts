import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import { KAFKA_VERSION } from '@radtune/core/render'
import { fetchWithMaven } from './maven.ts'

/** Dependencies of a broker: Kafka itself and the one thing that it lacks, a place for its log lines to go. */
const DEPENDENCIES = [
  { group: 'org.apache.kafka', artifact: 'kafka_2.13', version: KAFKA_VERSION },
  { group: 'org.slf4j', artifact: 'slf4j-simple', version: '1.7.36' },
]

export interface KafkaArtefacts {
  /** Absolute folder in the user's cache. */
  folder: string
  classPath: string
}

interface ManifestEntry {
  name: string
  sizeBytes: number
  mtimeMs: number
  sha256: string
}

export interface FetchOptions {
  environment: NodeJS.ProcessEnv
  onProgress: (progress: { what: string; detail: string }) => void
  signal?: AbortSignal
}

/**
 * Kafka's jars from the user's cache, fetched by Maven when they are not there or do not match their manifest.
 * One fetch runs at a time per cache; what is seen under the final name is always complete.
 * Throws RT-LOCAL-004 (no Maven), -005 (fetch failed), -006 (cache cannot be written).
 */
export async function provideKafka(options: FetchOptions): Promise<KafkaArtefacts> {
  const folder = join(cacheRoot(options.environment), `kafka-${KAFKA_VERSION}`)
  const artefacts: KafkaArtefacts = { folder, classPath: join(folder, 'libs', '*') }
  if ((await findDamage(folder)) === undefined) return artefacts
  await mkdir(dirname(folder), { recursive: true }).catch((error) => refuseCache(folder, error))
  const release = await lockCache(folder, options)
  try {
    // Another radtune may have fetched it while this one waited.
    const damage = await findDamage(folder)
    if (damage === undefined) return artefacts
    if (damage !== 'absent') options.onProgress({ what: 'kafka', detail: `${damage}; fetching it again` })
    await fetchInto(folder, options)
    return artefacts
  } finally {
    await release()
  }
}

/** The user's cache folder of radtune. */
export function cacheRoot(environment: NodeJS.ProcessEnv): string {
  const own = environment.RADTUNE_CACHE_DIR
  if (own) return own
  return join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache'), 'radtune')
}

/** Path of the class archive for these jars and this Java; it may not exist yet. */
export function classArchivePath(artefacts: KafkaArtefacts, java: { identity: string }): string {
  const key = createHash('sha256').update(java.identity).digest('hex').slice(0, 12)
  return join(artefacts.folder, `classes-${key}.jsa`)
}

/** Undefined when every jar is what the manifest says; `absent` when nothing is there; else what is wrong, in words. */
async function findDamage(folder: string): Promise<string | undefined> {
  let entries: ManifestEntry[]
  try {
    entries = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')).files
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'the manifest of Kafka is damaged'
  }
  const found = new Set(await readdir(join(folder, 'libs')).catch(() => []))
  if (!Array.isArray(entries) || entries.length === 0 || found.size !== entries.length)
    return 'jars of Kafka are missing from the cache'
  for (const entry of entries) {
    const path = join(folder, 'libs', entry.name)
    const status = await stat(path).catch(() => undefined)
    if (!status) return `${entry.name} is missing from the cache`
    if (status.size !== entry.sizeBytes) return `${entry.name} in the cache is damaged`
    // Reading 44 MB at each start costs 0.1 s; a file that was not touched need not be read.
    if (status.mtimeMs !== entry.mtimeMs && (await hashFile(path)) !== entry.sha256)
      return `${entry.name} in the cache is damaged`
  }
  return undefined
}

async function fetchInto(folder: string, options: FetchOptions): Promise<void> {
  const scratch = await mkdtemp(`${folder}.fetch-`).catch((error) => refuseCache(folder, error))
  try {
    const libs = join(scratch, 'libs')
    await fetchWithMaven({ ...options, scratch, libs, dependencies: DEPENDENCIES })
    const names = (await readdir(libs)).sort()
    const files: ManifestEntry[] = []
    for (const name of names) {
      const path = join(libs, name)
      const { size, mtimeMs } = await stat(path)
      files.push({ name, sizeBytes: size, mtimeMs, sha256: await hashFile(path) })
    }
    if (!names.some((name) => name.startsWith('kafka_2.13-')))
      throw new RadtuneError('RT-LOCAL-005', { what: 'Maven ended well, but did not bring Kafka' })
    await writeFile(
      join(scratch, 'manifest.json'),
      JSON.stringify({ kafkaVersion: KAFKA_VERSION, files }, null, 1),
    )
    await replaceFolder(scratch, folder)
  } catch (error) {
    if (isDiskProblem(error)) refuseCache(folder, error)
    throw error
  } finally {
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** A broker that still runs from the old folder keeps its open files. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const old = `${from}.old`
  await rename(to, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(from, to)
  await rm(old, { recursive: true, force: true }).catch(() => undefined)
}

async function lockCache(folder: string, options: FetchOptions): Promise<() => Promise<void>> {
  const { lock } = await import('proper-lockfile')
  let told = false
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const release = await lock(folder, {
        realpath: false,
        stale: 15_000,
        update: 3000,
        // A stalled machine may lose the lock: then two fetch, and the later one replaces the same jars.
        onCompromised: () => undefined,
      })
      return () => release().catch(() => undefined)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') refuseCache(folder, error)
    }
    if (!told) options.onProgress({ what: 'kafka', detail: 'another radtune is fetching it; waiting' })
    told = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function hashFile(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function isDiskProblem(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException)?.code
  return code !== undefined && ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'].includes(code)
}

function refuseCache(folder: string, error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'the file system is read-only',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
  }
  throw new RadtuneError('RT-LOCAL-006', {
    what: `Kafka cannot be kept in ${folder}: ${reasons[code ?? ''] ?? message}`,
    why: message,
    cause: error,
  })
}
