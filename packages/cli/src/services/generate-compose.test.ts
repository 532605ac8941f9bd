import { describe, expect, it } from 'vitest'
import { createMemoryFiles } from '../adapters/memory/memory-files.ts'
import { generateCompose, writeCompose } from './generate-compose.ts'

const PROD = '/project/compose/4c8g/compose.prod.yaml'

function createProject(texts: Record<string, string> = {}) {
  const files = createMemoryFiles({ '/project/compose/image/Dockerfile': 'FROM scratch\n', ...texts })
  const places = {
    files,
    host: { facts: () => Promise.reject(new Error('generated files never depend on the machine')) },
    projectDir: '/project',
    workingDir: '/project',
    shippedProfilesDir: '/shipped',
    userConfigFile: '/home/config.yaml',
    environment: {},
  }
  const generate = (assignments: string[] = []) =>
    generateCompose(places, {
      profile: undefined,
      assignments,
      out: '/project/compose',
      environments: ['dev', 'prod'],
      version: '1.2.3',
    })
  const write = async (assignments: string[] = []) => writeCompose(files, (await generate(assignments)).files)
  const states = async (assignments: string[] = []) =>
    (await generate(assignments)).files.map(({ state }) => state)
  return { files, generate, write, states }
}

describe('generateCompose', () => {
  it('writes nothing by itself; what is written is then as it should be', async () => {
    const { files, states, write } = createProject()
    expect(await states()).toEqual(['new', 'new', 'new'])
    expect(files.texts.size).toBe(1)
    expect(await write()).toEqual(new Map())
    expect(await states()).toEqual(['unchanged', 'unchanged', 'unchanged'])
  })

  it('replaces what was generated from another plan, and keeps no copy of it', async () => {
    const { files, states, write } = createProject()
    await write()
    expect(await states(['kafka.heap=400MiB'])).toEqual(['outdated', 'outdated', 'unchanged'])
    expect(await write(['kafka.heap=400MiB'])).toEqual(new Map())
    expect(files.texts.get(PROD)).toContain('-Xmx400m')
  })

  it('knows what somebody has edited, names the field, and keeps a copy when it is replaced', async () => {
    const { files, generate, write } = createProject()
    await write()
    const edited = (files.texts.get(PROD) ?? '').replace('restart: unless-stopped', 'restart: always')
    files.texts.set(PROD, edited)
    expect((await generate()).files[1]).toMatchObject({
      shown: 'compose/4c8g/compose.prod.yaml',
      state: 'edited',
      differences: [{ path: 'x-service.restart', found: 'always', wanted: 'unless-stopped' }],
    })
    expect(await write()).toEqual(new Map([[PROD, `${PROD}.bak`]]))
    expect(files.texts.get(`${PROD}.bak`)).toBe(edited)
    files.texts.set(PROD, 'services: {}\n')
    expect(await write()).toEqual(new Map([[PROD, `${PROD}.2.bak`]]))
  })

  it('builds no image where there is nothing to build it from', async () => {
    const { files, generate } = createProject()
    expect((await generate()).hasSources).toBe(true)
    files.texts.delete('/project/compose/image/Dockerfile')
    const { hasSources, files: generated } = await generate()
    expect([hasSources, generated.some(({ text }) => text.includes('build:'))]).toEqual([false, false])
  })
})
