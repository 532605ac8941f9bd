import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { checkDumpStart } from '@radtune/core/safecast'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Launch } from '../../ports/runtime.ts'
import { plannedSpec } from '../memory/planned-spec.ts'
import { createProject } from './project-files.ts'

const DUMP = 'Captured Time,Latitude,Longitude,Value,Unit\n2020-02-01 00:00:00,37.5,140.5,42,cpm\n'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radtune-project-'))
})

afterEach(async () => {
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true, force: true })
})

function project(input = '') {
  return createProject({ directory: folder, workingDirectory: folder, input: Readable.from([input]) })
}

function launchOf(profile: string): Launch {
  return {
    spec: plannedSpec(profile),
    data: { kind: 'files', paths: ['/data/with: colon and # hash.csv', "/it's.csv"], loop: true },
    ports: { kafka: 1, controller: 2, backend: 3, frontend: 4, stats: { 'worker-1': 5 } },
  }
}

describe('stack.yaml', () => {
  test('gives back exactly what was launched, and says whether it is new', async () => {
    const launch = launchOf('4c8g')
    expect(await project().readLaunch()).toBeUndefined()
    expect(await project().writeLaunch(launch)).toBe('new')
    expect(await project().readLaunch()).toEqual(launch)
    expect(await project().writeLaunch(launch)).toBe('same')
    expect(await project().writeLaunch(launchOf('2c4g'))).toBe('changed')
    expect(await readdir(join(folder, '.radtune'))).toEqual(['stack.yaml'])
  })

  test.each(['', 'not: [closed', 'schema: radtune.stack/2', '- a list'])(
    'is as good as none when it is %j',
    async (text) => {
      await mkdir(join(folder, '.radtune'))
      await writeFile(join(folder, '.radtune', 'stack.yaml'), text)
      expect(await project().readLaunch()).toBeUndefined()
    },
  )
})

describe('data', () => {
  test('finds a file, a compressed one, and the first of a folder', async () => {
    await writeFile(join(folder, 'a.csv'), DUMP)
    await mkdir(join(folder, 'many'))
    await writeFile(join(folder, 'many', 'readme.txt'), 'no data')
    await writeFile(join(folder, 'many', 'b.csv.gz'), gzipSync(DUMP))
    await writeFile(join(folder, 'many', 'c.csv'), 'later')
    for (const [typed, firstFile] of [
      ['a.csv', 'a.csv'],
      ['./many/../a.csv', 'a.csv'],
      ['many', 'many/b.csv.gz'],
      [join(folder, 'many', 'b.csv.gz'), 'many/b.csv.gz'],
    ] as const) {
      const found = await project().checkData(typed)
      expect(found.firstFile).toBe(join(folder, firstFile))
      expect(found.path.startsWith(folder)).toBe(true)
      expect(checkDumpStart(found.firstBytes)).toBeUndefined()
    }
  })

  test('reads only the start of a large compressed file', async () => {
    await writeFile(
      join(folder, 'large.csv.gz'),
      gzipSync(DUMP + '2020-02-01 00:00:00,37.5,140.5,42,cpm\n'.repeat(200_000)),
    )
    expect((await project().checkData('large.csv.gz')).firstBytes.length).toBe(4096)
  })

  test('refuses what is not there, a folder without dumps, and damaged gzip', async () => {
    await mkdir(join(folder, 'empty'))
    await writeFile(join(folder, 'broken.csv.gz'), Buffer.from([0x1f, 0x8b, 1, 2, 3, 4]))
    await expect(project().checkData('nowhere.csv')).rejects.toMatchObject({
      code: 'RT-DATA-002',
      message: 'nowhere.csv does not exist',
    })
    await expect(project().checkData('empty')).rejects.toMatchObject({ code: 'RT-DATA-002' })
    await expect(project().checkData('broken.csv.gz')).rejects.toMatchObject({ code: 'RT-DATA-003' })
  })

  test('keeps standard input under the name of its content', async () => {
    const first = await project(DUMP).spoolInput()
    expect(await readFile(first, 'utf8')).toBe(DUMP)
    expect(await project(DUMP).spoolInput()).toBe(first)
    const other = await project(`${DUMP}more`).spoolInput()
    expect(other).not.toBe(first)
    await project().pruneSpool([other])
    expect(await readdir(join(folder, '.radtune', 'local', 'stdin'))).toEqual([other.split('/').at(-1)])
  })
})

describe('the lock', () => {
  test('keeps a second operation out, names the first, and lets it in afterwards', async () => {
    const lock = await project().lock('up')
    await expect(project().lock('down')).rejects.toMatchObject({
      code: 'RT-UP-002',
      exitCode: 4,
      message: 'radtune up runs on this project',
      why: expect.stringContaining(`process ${process.pid} `),
    })
    await lock.release()
    await (await project().lock('down')).release()
  })

  test('waits for the lock of a radtune that was killed', async () => {
    const killed = await lockedByAnother(folder, 'up')
    await expect(project().lock('down')).rejects.toMatchObject({
      code: 'RT-UP-002',
      why: expect.stringContaining(`process ${killed.pid} `),
    })
    const ended = once(killed, 'exit')
    killed.kill('SIGKILL')
    await ended
    await (await project().lock('down')).release()
  })

  test('says so when the project folder is a file', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    const odd = createProject({ directory: file, workingDirectory: folder })
    await expect(odd.lock('up')).rejects.toMatchObject({ code: 'RT-LOCAL-008' })
  })
})

/** Another process that holds the lock of a project until it ends. */
async function lockedByAnother(project: string, operation: string): Promise<ChildProcess> {
  const module = new URL('./operation-lock.ts', import.meta.url).href
  const program = `
    import { lockProject } from ${JSON.stringify(module)}
    await lockProject(${JSON.stringify(join(project, '.radtune'))}, ${JSON.stringify(operation)})
    process.stdout.write('locked')
    setInterval(() => undefined, 1000)`
  const flags = ['--conditions=radtune-source', '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout) await once(child.stdout, 'data')
  return child
}
