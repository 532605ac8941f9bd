import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { RadtuneError } from '@radtune/core/errors'
import { findProgram } from './java.ts'

export interface MavenFetch {
  environment: NodeJS.ProcessEnv
  onProgress: (progress: { what: string; detail: string }) => void
  signal?: AbortSignal
  /** Folder for the project file. */
  scratch: string
  /** Folder for the jars; made here. */
  libs: string
  dependencies: readonly { group: string; artifact: string; version: string }[]
}

/** Copies the jars of the dependencies and all they need into `libs` with the user's Maven, its mirrors and its proxies. */
export async function fetchWithMaven(fetch: MavenFetch): Promise<void> {
  const maven = await findProgram('mvn', fetch.environment)
  if (maven === undefined)
    throw new RadtuneError('RT-LOCAL-004', {
      what: 'Kafka is not in the cache yet, and there is no mvn on the PATH to fetch it with',
    })
  await mkdir(fetch.libs, { recursive: true })
  const pom = join(fetch.scratch, 'pom.xml')
  await writeFile(pom, projectFile(fetch.dependencies))
  const args = ['-B', '-f', pom, 'dependency:copy-dependencies']
  args.push('-DincludeScope=runtime', `-DoutputDirectory=${fetch.libs}`)
  fetch.onProgress({ what: 'kafka', detail: 'from Maven Central, once' })
  const { code, lines } = await run(maven, args, fetch)
  fetch.signal?.throwIfAborted()
  if (code === 0) return
  const errors = lines.filter((line) => line.startsWith('[ERROR]') && line.length > 9)
  const evidence = errors.length > 0 ? errors : lines
  if (lines.some((line) => /no space left on device/i.test(line)))
    throw new RadtuneError('RT-LOCAL-006', {
      what: 'the disk is full: Maven could not write the jars of Kafka',
      logs: evidence.slice(0, 4),
    })
  throw new RadtuneError('RT-LOCAL-005', {
    what: 'Kafka could not be fetched from Maven Central',
    why: `mvn ended with ${code === null ? 'a signal' : `exit code ${code}`}${networkHint(lines)}`,
    logs: evidence.slice(0, 6),
  })
}

function networkHint(lines: readonly string[]): string {
  const pattern =
    /unknown host|name or service not known|connection refused|timed out|network is unreachable/i
  return lines.some((line) => pattern.test(line)) ? '; the network or the mirror does not answer' : ''
}

/** Runs Maven in a process group of its own, so that an aborted fetch leaves no Java behind. Keeps the last 200 lines. */
function run(
  maven: string,
  args: string[],
  { environment, signal, onProgress }: MavenFetch,
): Promise<{ code: number | null; lines: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(maven, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const lines: string[] = []
    let jars = 0
    const onLine = (line: string) => {
      lines.push(line)
      if (lines.length > 200) lines.shift()
      const url = /Downloaded from \S+: (\S+\.jar)/.exec(line)?.[1]
      if (url) onProgress({ what: 'kafka', detail: `${++jars} jars, ${basename(url)}` })
    }
    createInterface({ input: child.stdout }).on('line', onLine)
    createInterface({ input: child.stderr }).on('line', onLine)
    const stop = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended by itself.
      }
    }
    signal?.addEventListener('abort', stop, { once: true })
    child.on('error', reject)
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop)
      resolve({ code, lines })
    })
  })
}

function projectFile(dependencies: MavenFetch['dependencies']): string {
  const entries = dependencies.map(
    ({ group, artifact, version }) =>
      `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>radtune</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${entries.join('\n')}
  </dependencies>
</project>
`
}
