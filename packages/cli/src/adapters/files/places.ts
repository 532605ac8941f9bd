import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The folder of shipped profiles: `profiles/` beside or above the given folder of the program. */
export function findShippedProfiles(programDir: string): string {
  for (let folder = programDir; ; folder = dirname(folder)) {
    const profiles = join(folder, 'profiles')
    if (existsSync(join(profiles, '4c8g.yaml'))) return profiles
    if (folder === dirname(folder)) return join(programDir, 'profiles')
  }
}

/** radtune's version, from the package.json at or above `programDir`. */
export function findVersion(programDir: string): string {
  for (let folder = programDir; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file))
      return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version)
    if (folder === dirname(folder)) return 'unknown'
  }
}

/** Where this user's programs keep what they want to remember: XDG_STATE_HOME, or `~/.local/state`. */
export function findStateDir(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'radtune')
}

/** The user's own settings: XDG_CONFIG_HOME, or `~/.config`. */
export function findUserConfig(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'radtune', 'config.yaml')
}
