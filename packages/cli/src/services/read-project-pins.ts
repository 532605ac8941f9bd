import { RadtuneError } from '@radtune/core/errors'
import { type ProfileProblem, profileError } from '@radtune/core/profile'
import { nearest, parseSetting, parseSettingKey } from '@radtune/core/settings'
import type { Pin } from '@radtune/core/stack'
import { isMap, isScalar, LineCounter, parseDocument, type Scalar } from 'yaml'
import type { Files } from '../ports/files.ts'

/** What the files of the user, the project and this machine pin, and the profile that one of them names. */
export interface WrittenPins {
  pins: Pin[]
  profile: { name: string; origin: 'radtune.yaml' | 'user config' } | undefined
}

/**
 * Reads the user's configuration, `radtune.yaml` and `.radtune/overlay.yaml`, each `profile:` and `settings:`; any of
 * them may be absent. Throws RT-PROF-001 with every problem of a file, each with its line and column.
 */
export async function readProjectPins({
  files,
  projectDir,
  userConfigFile,
}: {
  files: Files
  projectDir: string
  userConfigFile: string
}): Promise<WrittenPins> {
  const user = await readSettingsFile(userConfigFile, { files, origin: 'user config', shown: userConfigFile })
  const project = await readSettingsFile(`${projectDir}/radtune.yaml`, {
    files,
    origin: 'radtune.yaml',
    shown: 'radtune.yaml',
  })
  const overlay = await readSettingsFile(`${projectDir}/.radtune/overlay.yaml`, {
    files,
    origin: 'overlay',
    shown: '.radtune/overlay.yaml',
  })
  const profile = project.profile
    ? { name: project.profile, origin: 'radtune.yaml' as const }
    : user.profile
      ? { name: user.profile, origin: 'user config' as const }
      : undefined
  return { pins: [...user.pins, ...project.pins, ...overlay.pins], profile }
}

interface SettingsFile {
  profile: string | undefined
  pins: Pin[]
}

type FileOrigin = 'user config' | 'radtune.yaml' | 'overlay'

async function readSettingsFile(
  path: string,
  { files, origin, shown }: { files: Files; origin: FileOrigin; shown: string },
): Promise<SettingsFile> {
  const text = await files.read(path).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new RadtuneError('RT-PROF-003', {
      what: `${path} cannot be read`,
      why,
      fix: [`ls -ld ${path}`],
      cause: error,
    })
  })
  return text === undefined
    ? { profile: undefined, pins: [] }
    : parseSettingsFile(text, { file: shown, origin })
}

/** Reads the text of a settings file strictly. Throws RT-PROF-001. */
export function parseSettingsFile(
  text: string,
  { file, origin }: { file: string; origin: FileOrigin },
): SettingsFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems: ProfileProblem[] = []
  const refuse = (offset: number, message: string, suggestion?: string) => {
    const { line, col } = lines.linePos(offset)
    problems.push({ file, line, column: col, message, ...(suggestion === undefined ? {} : { suggestion }) })
  }
  for (const error of [...document.errors, ...document.warnings]) refuse(error.pos[0], error.message)
  const found: SettingsFile = { profile: undefined, pins: [] }
  const root = document.contents
  if (problems.length === 0 && root !== null && !(isScalar(root) && root.value === null)) {
    if (isMap(root)) {
      for (const pair of root.items) readEntry(pair.key as Scalar, pair.value)
    } else {
      refuse(root.range?.[0] ?? 0, 'a settings file is a map with the keys profile and settings')
    }
  }
  if (problems.length > 0) throw profileError(problems)
  return found

  function readEntry(key: Scalar, value: unknown): void {
    switch (key.value) {
      case 'profile':
        if (isScalar(value) && typeof value.value === 'string' && value.value !== '')
          found.profile = value.value
        else refuse(startOf(key), 'profile: is the name of a profile, such as 4c8g')
        return
      case 'settings':
        if (isMap(value)) for (const pair of value.items) readPin(pair.key as Scalar, pair.value)
        else if (!(isScalar(value) && value.value === null))
          refuse(startOf(key), 'settings: is a map of KEY: VALUE')
        return
      case 'drift':
        // Read by radtune drift, which says what is wrong with it.
        if (origin === 'radtune.yaml') return
        break
    }
    const known = ['profile', 'settings', ...(origin === 'radtune.yaml' ? ['drift'] : [])]
    refuse(
      startOf(key),
      `unknown key "${key.value}"; known here: ${known.join(', ')}`,
      nearest(String(key.value), known),
    )
  }

  function readPin(key: Scalar, value: unknown): void {
    const name = String(key.value)
    const setting = parseSettingKey(name)
    if (!setting.ok) {
      refuse(startOf(key), setting.problem, setting.suggestion)
      return
    }
    const parsed = parseSetting(setting.key, isScalar(value) ? value.value : undefined)
    if (!parsed.ok) {
      refuse(startOf(key), `${name}: ${parsed.problem}`)
      return
    }
    const at = `${file}:${lines.linePos(startOf(key)).line}`
    const service = setting.service === undefined ? {} : { service: setting.service }
    found.pins.push({ key: setting.key, value: parsed.value, origin, at, ...service })
  }
}

function startOf(node: Scalar): number {
  return node.range?.[0] ?? 0
}
