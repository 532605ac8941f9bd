import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'

/** Oldest Java that Kafka 4's broker runs on. */
const OLDEST_JAVA = 17

export interface Java {
  /** Absolute path of bin/java. */
  path: string
  majorVersion: number
  /** What it says of itself: a class archive fits only the Java that made it. */
  identity: string
}

/** The Java of JAVA_HOME, else of PATH, run once to see its version. Throws RT-LOCAL-001, -002 or -003. */
export async function findJava(environment: NodeJS.ProcessEnv): Promise<Java> {
  const home = environment.JAVA_HOME
  const path = home ? join(home, 'bin', 'java') : await findProgram('java', environment)
  if (path === undefined)
    throw new RadtuneError('RT-LOCAL-001', { what: 'Java is not installed: there is no java on the PATH' })
  if (home && !(await isExecutable(path)))
    throw new RadtuneError('RT-LOCAL-003', {
      what: `JAVA_HOME is ${home}, and there is no Java in it`,
      why: `${path} is missing or cannot be run`,
    })
  const { output, failure } = await run(path, ['-version'], environment)
  const version = /version "(?:1\.)?(\d+)/.exec(output)?.[1]
  if (failure !== undefined || version === undefined) {
    throw new RadtuneError(home ? 'RT-LOCAL-003' : 'RT-LOCAL-001', {
      what: `${path} does not work as a Java`,
      why: failure ?? 'java -version did not name a version',
      logs: lastLines(output, 5),
    })
  }
  if (Number(version) < OLDEST_JAVA) {
    throw new RadtuneError('RT-LOCAL-002', {
      what: `Java ${version} is too old: Kafka needs ${OLDEST_JAVA} or newer`,
      why: `${path} -version says ${output.split('\n')[0]}`,
    })
  }
  return { path, majorVersion: Number(version), identity: `${path}\n${output.trim()}` }
}

/** The first executable of that name on the PATH. */
export async function findProgram(name: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    const path = join(folder === '' ? '.' : folder, name)
    if (await isExecutable(path)) return path
  }
  return undefined
}

export function lastLines(text: string, count: number): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function run(
  path: string,
  args: string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ output: string; failure: string | undefined }> {
  return new Promise((resolve) => {
    execFile(path, args, { env: environment, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ output: `${stderr}${stdout}`, failure: error?.message.split('\n')[0] })
    })
  })
}
