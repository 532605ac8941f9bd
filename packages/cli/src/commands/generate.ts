import * as Flags from '@oclif/core/flags'
import { RadtuneError } from '@radtune/core/errors'
import type { ArtifactDifference, ComposeEnvironment } from '@radtune/core/render'
import { type Answer, BaseCommand } from '../base-command.ts'
import { checkText, differencesText, generateText } from '../output/generate-text.ts'
import {
  type GeneratedCompose,
  type GeneratedFile,
  generateCompose,
  writeCompose,
} from '../services/generate-compose.ts'

/** `data` of radtune.generate/1. */
export interface GenerateData {
  profile: string
  /** Whether the files were only compared. */
  check: boolean
  files: {
    path: string
    state: GeneratedFile['state']
    /** Where the text of a file that was edited by hand is kept. */
    backup: string | null
    differences: {
      path: string
      found: string | null
      wanted: string | null
      line: number
      column: number
    }[]
  }[]
  leftOut: readonly string[]
}

export default class Generate extends BaseCommand {
  static override schema = 'radtune.generate/1'
  static override summary = 'Write the compose files of a profile, or check those that are there'
  static override description =
    'Writes OUT/PROFILE/compose.yaml (development), compose.prod.yaml and .env.example: limits, heaps, topics and settings of the plan, each number under its reason. The same plan gives the same text on every machine: values of the user’s configuration, the overlay and the environment are left out. --check writes nothing, lists every field that differs and exits with 3. A file that was edited by hand is replaced only when you say so, and a copy is kept.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description: 'profile: a name such as 4c8g or 6c12g, or a file [default: 4c8g]',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    out: Flags.string({
      description: 'folder of the generated files [default: compose in the project]',
      helpValue: 'DIR',
    }),
    env: Flags.string({
      description: 'only the files for development or for production',
      options: ['dev', 'prod'],
    }),
    set: Flags.string({
      description: 'pin a setting; may be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    check: Flags.boolean({ description: 'write nothing; exit with 3 when a file differs' }),
    overwrite: Flags.boolean({ description: 'replace files that were edited by hand; a copy is kept' }),
  }
  static override examples = [
    '<%= config.bin %> generate --profile 4c8g',
    '<%= config.bin %> generate --profile 8c16g --env prod --out deploy',
    '<%= config.bin %> generate --check',
  ]

  override async run(): Promise<Answer<GenerateData>> {
    const { flags } = await this.parse(Generate)
    const { resolve } = await import('node:path')
    const places = await this.planPlaces(flags)
    const generated = await generateCompose(places, {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      assignments: flags.set ?? [],
      out: flags.out === undefined ? `${places.projectDir}/compose` : resolve(places.workingDir, flags.out),
      environments: flags.env === undefined ? ['dev', 'prod'] : [flags.env as ComposeEnvironment],
      version: this.config.version,
    })
    this.#warn(generated)
    if (flags.check) {
      return {
        data: dataOf(generated, { check: true, backups: new Map() }),
        text: checkText(generated, this.output.stdout),
        exitCode: generated.files.every(({ state }) => state === 'unchanged') ? 0 : 3,
      }
    }
    if (!flags.overwrite) await this.#agree(generated.files.filter(({ state }) => state === 'edited'))
    const backups = await writeCompose(places.files, generated.files)
    return {
      data: dataOf(generated, { check: false, backups }),
      text: generateText(generated, { backups, style: this.output.stdout }),
    }
  }

  #warn({ leftOut, hasSources }: GeneratedCompose): void {
    if (leftOut.length > 0)
      this.output.warn(`not in the files, because only this machine has them: ${leftOut.join(', ')}`)
    if (!hasSources)
      this.output.warn(
        'this project has no compose/image/Dockerfile: the files take the image of the pipeline as given, and do not run from sources',
      )
  }

  /** Shows what would be lost, and asks. Throws RT-GEN-001 when the answer is no, and RT-CLI-004 when nobody can be asked. */
  async #agree(edited: readonly GeneratedFile[]): Promise<void> {
    if (edited.length === 0) return
    for (const file of edited) this.output.say(differencesText(file, this.output.stderr))
    const names = edited.map(({ shown }) => shown).join(', ')
    const whose = edited.length === 1 ? 'it was' : 'they were'
    if (await this.confirm(`Overwrite ${names}, though ${whose} edited by hand?`, '--overwrite')) return
    throw new RadtuneError('RT-GEN-001', {
      what: `${names} would be overwritten`,
      why: `${whose} edited by hand, and the answer was no`,
      left: 'nothing was changed',
    })
  }
}

function dataOf(
  { profile, files, leftOut }: GeneratedCompose,
  { check, backups }: { check: boolean; backups: ReadonlyMap<string, string> },
): GenerateData {
  return {
    profile,
    check,
    files: files.map(({ path, state, differences }) => ({
      path,
      state,
      backup: backups.get(path) ?? null,
      differences: differences.map(differenceData),
    })),
    leftOut,
  }
}

function differenceData({ path, found, wanted, line, column }: ArtifactDifference) {
  return { path, found: found ?? null, wanted: wanted ?? null, line, column }
}
