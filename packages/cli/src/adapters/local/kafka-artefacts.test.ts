import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPortFree } from './free-ports.ts'
import { findJava } from './java.ts'
import { cacheRoot, provideKafka } from './kafka-artefacts.ts'
import { startBroker } from './kafka-broker.ts'

let folder: string
let cache: string
let bin: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'radtune-artefacts-'))
  cache = join(folder, 'cache')
  bin = join(folder, 'bin')
  mkdirSync(bin)
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const program = (name: string, script: string, into = bin) => {
  mkdirSync(into, { recursive: true })
  writeFileSync(join(into, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(into, name), 0o755)
}

const environment = (more: Record<string, string> = {}) => ({
  PATH: `${bin}:/usr/bin:/bin`,
  RADTUNE_CACHE_DIR: cache,
  ...more,
})

/** A Maven that makes two small jars and counts how often it runs. */
const workingMaven = (extra = '') =>
  program(
    'mvn',
    `echo run >> ${folder}/runs
for word in "$@"; do case "$word" in -DoutputDirectory=*) out="\${word#-DoutputDirectory=}";; esac; done
${extra}
mkdir -p "$out"; echo jar > "$out/kafka_2.13-4.3.1.jar"; echo log > "$out/slf4j-simple-1.7.36.jar"
echo 'Downloaded from central: https://repo/kafka_2.13-4.3.1.jar (6 MB)'`,
  )

const runs = () => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n').length
const provide = (
  more?: Record<string, string>,
  onProgress: (p: { what: string; detail: string }) => void = () => undefined,
) => provideKafka({ environment: environment(more), onProgress })
const libs = () => join(cache, 'kafka-4.3.1', 'libs')

describe('provideKafka', () => {
  it('fetches once, says what it does, and then needs neither Maven nor network', async () => {
    workingMaven()
    const progress: string[] = []
    const artefacts = await provide({}, ({ detail }) => progress.push(detail))
    expect(artefacts.classPath).toBe(`${libs()}/*`)
    expect(readdirSync(libs())).toEqual(['kafka_2.13-4.3.1.jar', 'slf4j-simple-1.7.36.jar'])
    expect(progress).toEqual(['from Maven Central, once', '1 jars, kafka_2.13-4.3.1.jar'])
    rmSync(join(bin, 'mvn'))
    expect(await provide()).toEqual(artefacts)
    expect(readdirSync(cache)).toEqual(['kafka-4.3.1'])
  })

  it('fetches once for two that ask at the same time', async () => {
    workingMaven('sleep 0.5')
    await Promise.all([provide(), provide()])
    expect(runs()).toBe(1)
  })

  it.each([
    [
      'a jar of another size',
      () => writeFileSync(join(libs(), 'kafka_2.13-4.3.1.jar'), 'longer than it was'),
    ],
    ['a jar of other content', () => writeFileSync(join(libs(), 'kafka_2.13-4.3.1.jar'), 'raj\n')],
    ['a missing jar', () => rmSync(join(libs(), 'kafka_2.13-4.3.1.jar'))],
    ['a jar too many', () => writeFileSync(join(libs(), 'stranger.jar'), 'x')],
    ['a damaged manifest', () => writeFileSync(join(libs(), '..', 'manifest.json'), '{"files":')],
    ['an empty folder', () => rmSync(libs(), { recursive: true })],
  ])('fetches again after %s', async (_name, damage) => {
    workingMaven()
    await provide()
    damage()
    const progress: string[] = []
    await provide({}, ({ detail }) => progress.push(detail))
    expect(runs()).toBe(2)
    expect(progress[0]).toMatch(/again/)
    expect(readFileSync(join(libs(), 'kafka_2.13-4.3.1.jar'), 'utf8')).toBe('jar\n')
  })

  it('takes a jar that was only touched', async () => {
    workingMaven()
    await provide()
    utimesSync(join(libs(), 'kafka_2.13-4.3.1.jar'), 1000, 1000)
    await provide()
    expect(runs()).toBe(1)
  })

  it('leaves nothing behind when Maven fails, and quotes it', async () => {
    program(
      'mvn',
      `echo '[INFO] Scanning for projects...'
echo '[ERROR] Failed to execute goal: Unknown host repo.maven.apache.org: Name or service not known'; exit 1`,
    )
    await expect(provide()).rejects.toMatchObject({
      code: 'RT-LOCAL-005',
      why: 'mvn ended with exit code 1; the network or the mirror does not answer',
      logs: [expect.stringContaining('Unknown host')],
      exitCode: 4,
    })
    expect(readdirSync(cache)).toEqual([])
    workingMaven()
    await provide()
  })

  it('says that there is no Maven', async () => {
    await expect(provide({ PATH: bin })).rejects.toMatchObject({ code: 'RT-LOCAL-004', exitCode: 4 })
  })

  it('says that the cache cannot be written', async () => {
    workingMaven()
    writeFileSync(join(folder, 'file'), '')
    await expect(provide({ RADTUNE_CACHE_DIR: join(folder, 'file', 'cache') })).rejects.toMatchObject({
      code: 'RT-LOCAL-006',
      exitCode: 4,
    })
  })

  it('says that the disk is full', async () => {
    program('mvn', "echo '[ERROR] kafka.jar: No space left on device'; exit 1")
    await expect(provide()).rejects.toMatchObject({
      code: 'RT-LOCAL-006',
      message: expect.stringContaining('full'),
    })
  })

  it('ends Maven and what it has started when it is aborted', async () => {
    program(
      'mvn',
      `echo $$ > ${folder}/maven-pid; echo 'Downloaded from central: https://repo/first.jar (1 MB)'; sleep 60`,
    )
    const abort = new AbortController()
    const onProgress = ({ detail }: { detail: string }) => {
      if (detail.includes('first.jar')) abort.abort(new Error('enough'))
    }
    const providing = provideKafka({ environment: environment(), onProgress, signal: abort.signal })
    await expect(providing).rejects.toThrow('enough')
    expect(() => process.kill(Number(readFileSync(join(folder, 'maven-pid'), 'utf8')), 0)).toThrow()
    expect(readdirSync(cache)).toEqual([])
  })

  it('keeps to the cache folder of the user', () => {
    expect(cacheRoot({ RADTUNE_CACHE_DIR: '/own' })).toBe('/own')
    expect(cacheRoot({ XDG_CACHE_HOME: '/xdg', HOME: '/home/me' })).toBe('/xdg/radtune')
    expect(cacheRoot({ HOME: '/home/me' })).toBe('/home/me/.cache/radtune')
  })
})

describe('findJava', () => {
  const java = (version: string) => `echo 'openjdk version "${version}" 2025-04-15' >&2`

  it('takes the Java of the PATH, and that of JAVA_HOME before it', async () => {
    program('java', java('21.0.2'))
    program('java', java('17.0.9'), join(folder, 'home', 'bin'))
    expect(await findJava(environment())).toMatchObject({ path: join(bin, 'java'), majorVersion: 21 })
    expect(await findJava(environment({ JAVA_HOME: join(folder, 'home') }))).toMatchObject({
      majorVersion: 17,
    })
  })

  it.each(['11.0.20', '1.8.0_392', '16'])('refuses Java %s as too old', async (version) => {
    program('java', java(version))
    await expect(findJava(environment())).rejects.toMatchObject({ code: 'RT-LOCAL-002', exitCode: 4 })
  })

  it('says that there is none', async () => {
    await expect(findJava({ PATH: bin })).rejects.toMatchObject({ code: 'RT-LOCAL-001', exitCode: 4 })
  })

  it('does not fall back from a wrong JAVA_HOME, and says how to be rid of it', async () => {
    program('java', java('21.0.2'))
    await expect(findJava(environment({ JAVA_HOME: '/no/such/java' }))).rejects.toMatchObject({
      code: 'RT-LOCAL-003',
      message: expect.stringContaining('/no/such/java'),
      fix: expect.arrayContaining(['unset JAVA_HOME']),
    })
  })

  it('says that a Java does not work', async () => {
    program('java', "echo 'Error: could not find libjava.so' >&2; exit 2")
    await expect(findJava(environment())).rejects.toMatchObject({
      code: 'RT-LOCAL-001',
      logs: ['Error: could not find libjava.so'],
    })
  })
})

it('Maven’s real Kafka starts, and the class archive of its first run serves the second', async ({
  skip,
}) => {
  const environment = { ...process.env, RADTUNE_CACHE_DIR: cache }
  const options = { dataDir: join(folder, 'broker'), environment }
  const first = await startBroker(options).catch((error: unknown) => {
    const code = error instanceof RadtuneError ? error.code : ''
    if (process.env.RADTUNE_REQUIRE_ALL === '1' || !/RT-LOCAL-00[1-5]/.test(code)) throw error
    return skip((error as Error).message)
  })
  await first.stop()
  const archives = readdirSync(join(cache, 'kafka-4.3.1')).filter((name) => name.endsWith('.jsa'))
  expect(archives).toHaveLength(1)
  const second = await startBroker(options)
  await second.stop()
  await expect(second.kill()).resolves.toBeUndefined()
  expect(await isPortFree(second.port)).toBe(true)
}, 180_000)

it('a fetched folder is only the user’s', async () => {
  workingMaven()
  await provide()
  expect(statSync(join(cache, 'kafka-4.3.1')).mode & 0o077).toBe(0)
})
