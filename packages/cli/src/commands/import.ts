import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { RadtuneError } from '@radtune/core/errors'
import { type Parsed, parseBytes, parseCpus } from '@radtune/core/units'
import { type Answer, BaseCommand } from '../base-command.ts'
import type { ImportData } from '../output/import-data.ts'

export default class Import extends BaseCommand {
  static override schema = 'radtune.import/1'
  static override summary =
    'Read a compose file of your own: its ledger, what is wrong with it, a profile of it'
  static override description =
    'Reads compose files as compose does (extends, include, anchors, env_file, several files, variables), without an engine. Prints what each service may use with the sums, and findings: Flink memory that will not start, heaps beyond their limit, oversubscribed CPU and memory, health checks that cannot fail, settings that nothing reads. Shows the profile that the file amounts to; --out writes it. Exit code 0, also with findings; with --check 3 when there are problems or warnings.'
  static override args = {
    file: Args.string({ description: 'compose file [default: as compose finds it in the current folder]' }),
  }
  static override flags = {
    file: Flags.string({
      char: 'f',
      description: 'further compose file, merged over the ones before; may be repeated',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    cpus: Flags.string({
      description: 'CPUs of the machine that it is for [default: guessed from its limits]',
      helpValue: 'N',
    }),
    memory: Flags.string({
      description: 'memory of that machine [default: guessed from its limits]',
      helpValue: 'SIZE',
    }),
    out: Flags.string({ char: 'o', description: 'write the profile to this file', helpValue: 'FILE' }),
    overwrite: Flags.boolean({ description: 'replace that file; the old one is kept as a backup' }),
    check: Flags.boolean({ description: 'exit with 3 when there are problems or warnings' }),
  }
  static override examples = [
    '<%= config.bin %> import docker-compose.yaml',
    '<%= config.bin %> import docker-compose.yaml -f docker-compose.prod.yaml --out profiles/mine.yaml',
    '<%= config.bin %> import --check --cpus 4 --memory 8GB',
  ]

  override async run(): Promise<Answer<ImportData>> {
    const { args, flags } = await this.parse(Import)
    const [{ importCompose }, { dryRun, writeProfile }, { importData }, { importText }] = await Promise.all([
      import('../services/import-compose.ts'),
      import('../services/create-profile.ts'),
      import('../output/import-data.ts'),
      import('../output/import-text.ts'),
    ])
    const imported = await importCompose(this.world, {
      paths: [...(args.file === undefined ? [] : [args.file]), ...(flags.file ?? [])],
      cpus: read('--cpus', flags.cpus, parseCpus),
      memoryBytes: read('--memory', flags.memory, parseBytes),
      name: profileName(flags.out),
    })
    const { resolve } = await import('node:path')
    const path = resolve(this.world.workingDir, flags.out ?? 'imported.yaml')
    const file = imported.profileFile
    const written =
      flags.out === undefined
        ? dryRun(path, file)
        : await writeProfile(this.world, { path, file, overwrite: flags.overwrite })
    const isClean = imported.findings.every(({ severity }) => severity === 'note')
    return {
      data: importData(imported, written),
      text: importText(imported, { written, style: this.output.stdout }),
      exitCode: flags.check && !isClean ? 3 : 0,
    }
  }
}

/** Of the file, as parseProfile would name it. */
function profileName(out: string | undefined): string {
  const base =
    (out ?? 'imported')
      .split('/')
      .at(-1)
      ?.replace(/\.ya?ml$/i, '') ?? ''
  return /^[a-z0-9][a-z0-9._-]{0,62}$/i.test(base) ? base : 'imported'
}

function read(
  flag: string,
  text: string | undefined,
  parse: (text: string) => Parsed<number>,
): number | undefined {
  if (text === undefined) return undefined
  const parsed = parse(text)
  if (parsed.ok) return parsed.value
  throw new RadtuneError('RT-CLI-003', { what: `${flag}: ${parsed.problem}`, fix: ['radtune import --help'] })
}
