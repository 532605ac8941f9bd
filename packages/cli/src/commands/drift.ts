import * as Flags from '@oclif/core/flags'
import type { Drift as Compared, DriftState } from '@radtune/core/drift'
import { RadtuneError } from '@radtune/core/errors'
import { type Answer, BaseCommand } from '../base-command.ts'
import type { DriftData } from '../output/drift-schema.ts'
import { isReporter, type ReporterName, reporterNames } from '../output/reporter-names.ts'
import type { DriftPlaces, DriftRequest } from '../services/check-drift.ts'
import { readTime } from '../services/time-flag.ts'

const INTERVAL = { least: 1000, most: 86_400_000, example: 'radtune drift --watch --interval 30s' }

/** States that `--fail-on` knows by one word each. */
const failStates: Readonly<Record<string, DriftState>> = {
  changed: 'changed',
  missing: 'missing',
  unexpected: 'unexpected',
  'no-effect': 'no effect',
  unchecked: 'unchecked',
}

export default class Drift extends BaseCommand {
  static override schema = 'radtune.drift/1'
  static override summary = 'Compare what should be with what is written and what runs'
  static override description =
    'Compares, field by field, the plan with the committed compose files, and with what runs: limits as the engine and the kernel hold to them, environments, heaps, topics and configs of Kafka, the settings that services run by. Also says what is set and has no effect. What cannot be read is not checked, with the reason. Exit code 0 in sync, 3 differences, 4 when nothing could be checked, or with --strict when something could not.'
  static override flags = {
    profile: Flags.string({
      char: 'p',
      description:
        'profile: a name such as 4c8g or 6c12g, or a file [default: that of the stack that runs, else 4c8g]',
      helpValue: 'NAME|FILE',
      env: 'RADTUNE_PROFILE',
    }),
    offline: Flags.boolean({ description: 'compare files only; needs no engine and no Kafka' }),
    out: Flags.string({
      description: 'folder of the generated files [default: compose in the project]',
      helpValue: 'DIR',
    }),
    compose: Flags.string({
      char: 'f',
      description:
        'compare this compose file, which radtune never wrote, with the plan; may be repeated, as -f of compose',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    reporter: Flags.string({
      char: 'r',
      description:
        'text, json, sarif, junit, github or markdown; with :FILE into a file; may be repeated [default: text]',
      helpValue: 'NAME[:FILE]',
      multiple: true,
      multipleNonGreedy: true,
    }),
    only: Flags.string({
      description:
        'only fields of this path (* for any part), class, or source (files, services, kafka, settings); may be repeated',
      helpValue: 'PATTERN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'fail-on': Flags.string({
      description:
        'states that fail, or none; may be repeated [default: changed, missing, unexpected, no-effect]',
      options: [...Object.keys(failStates), 'none'],
      multiple: true,
      multipleNonGreedy: true,
    }),
    strict: Flags.boolean({ description: 'exit code 4 when something could not be checked' }),
    accept: Flags.boolean({
      description: 'write the found values into radtune.yaml as explicit settings, then compare again',
      exclusive: ['compose', 'watch', 'interactive'],
    }),
    interactive: Flags.boolean({
      char: 'i',
      description:
        'ask for each difference: accept, restore, ignore until a day, or skip; then compare again',
      exclusive: ['compose', 'watch'],
    }),
    watch: Flags.boolean({
      description: 'compare again and again, and say what changes, until stopped',
      exclusive: ['reporter', 'json'],
    }),
    interval: Flags.string({
      description: 'with --watch: time between two comparisons [default: 10s]',
      helpValue: 'TIME',
      dependsOn: ['watch'],
    }),
  }
  static override examples = [
    '<%= config.bin %> drift',
    '<%= config.bin %> drift --offline --profile 8c16g',
    '<%= config.bin %> drift --offline --reporter github --reporter sarif:drift.sarif',
    '<%= config.bin %> drift --compose docker-compose.yaml --profile 4c8g',
    '<%= config.bin %> drift --only kafka --strict',
    '<%= config.bin %> drift --accept',
    '<%= config.bin %> drift --watch --interval 30s',
  ]

  override async run(): Promise<Answer<DriftData> | undefined> {
    const { flags } = await this.parse(Drift)
    const reporters = readReporters(flags.reporter, this.output.mode.json)
    const [{ checkDrift }, places] = await Promise.all([
      import('../services/check-drift.ts'),
      this.#places(flags),
    ])
    const request = await this.#request(flags, places)
    const world =
      flags.offline || request.compose.length > 0 ? undefined : await this.world.stackWorld(places.projectDir)
    const compare = () => checkDrift(places, request, { world, now: this.world.clock.now() })
    if (flags.watch)
      return await this.#watch(compare, readTime('interval', flags.interval ?? '10s', INTERVAL))
    const drift = await compare()
    if (flags.accept) await this.#accept(drift, places)
    else if (flags.interactive) await this.#askEach(drift, places)
    else return await this.#report(drift, reporters)
    return await this.#report(await compare(), reporters)
  }

  async #watch(compare: () => Promise<Compared>, everyMs: number): Promise<undefined> {
    const [{ watchDrift }, { driftText, newsText }] = await Promise.all([
      import('../services/watch-drift.ts'),
      import('../output/drift-text.ts'),
    ])
    const { clock } = this.world
    let first = true
    for await (const news of watchDrift(compare, { clock, everyMs, signal: this.interruption })) {
      const time = `${new Date(news.at).toISOString().slice(0, 19)}Z`
      this.output.data(
        first
          ? driftText(news.drift, this.output.stdout)
          : newsText(news)
              .map((line) => `${time} ${line}`)
              .join('\n'),
      )
      first = false
    }
  }

  /** Writes what was found as what is wanted. Throws RT-DRIFT-002 when there is nothing that a setting can say. */
  async #accept(drift: Compared, places: DriftPlaces): Promise<void> {
    if (drift.failing.length === 0) return
    const { acceptanceOf, writeResolution } = await import('../services/resolve-drift.ts')
    const { accepted, rules, left, contradictory } = acceptanceOf(drift)
    for (const { name, values } of contradictory)
      this.output.warn(
        `${name} was found as ${values.join(' and as ')}: set the one that is meant in radtune.yaml`,
      )
    if (left.length > 0)
      this.output.warn(
        `no setting says this, so radtune generate or radtune up has to restore it: ${left.map(({ path }) => path).join(', ')}`,
      )
    if (accepted.length === 0)
      throw new RadtuneError('RT-DRIFT-002', {
        what: 'nothing of what was found can be accepted',
        left: 'nothing was changed',
      })
    const { path } = await writeResolution(places, { accepted, rules, profile: drift.profile })
    for (const { name, value } of accepted) this.output.say(`accepted  ${name}: ${value}  in ${path}`)
  }

  /** Asks for each difference, and writes all answers at once. Throws RT-CLI-004 where nobody can be asked. */
  async #askEach(drift: Compared, places: DriftPlaces): Promise<void> {
    const [{ writeResolution }, { itemSentence }] = await Promise.all([
      import('../services/resolve-drift.ts'),
      import('../output/drift-words.ts'),
    ])
    const accepted: NonNullable<Compared['items'][number]['accept']>[] = []
    const rules: { path: string; reason: string; owner: string; until: string }[] = []
    const restored: Compared['items'][number][] = []
    const ask = (question: string) => this.ask(question, '--accept')
    for (const item of drift.failing) {
      this.output.say(`\n${itemSentence(item)}`)
      const choices = item.accept === undefined ? 'r, i or s' : 'a, r, i or s'
      const may = item.accept === undefined ? '' : '(a)ccept, '
      const answer = await ask(`${may}(r)estore, (i)gnore until a day, or (s)kip? [${choices}]`)
      if (/^a/i.test(answer) && item.accept !== undefined) accepted.push(item.accept)
      else if (/^r/i.test(answer)) restored.push(item)
      else if (/^i/i.test(answer))
        rules.push({
          path: item.path,
          reason: await ask('why?'),
          owner: await ask('who answers for it?'),
          until: await ask('until which day, such as 2026-12-31?'),
        })
    }
    if (accepted.length + rules.length > 0)
      await writeResolution(places, { accepted, rules, profile: drift.profile })
    const sources = new Set(restored.map(({ source }) => source.kind))
    if (sources.has('files'))
      this.output.say(`restore  radtune generate --overwrite --profile ${drift.profile}`)
    if ([...sources].some((kind) => kind !== 'files' && kind !== 'rules'))
      this.output.say('restore  radtune up')
  }

  async #places(flags: { project?: string | undefined }): Promise<DriftPlaces> {
    return { ...(await this.planPlaces(flags)), composeSchema: this.world.composeSchema }
  }

  async #request(
    flags: {
      profile?: string | undefined
      out?: string | undefined
      compose?: string[] | undefined
      only?: string[] | undefined
      'fail-on'?: string[] | undefined
      strict: boolean
    },
    places: DriftPlaces,
  ): Promise<DriftRequest> {
    const { resolve } = await import('node:path')
    const { failingStates } = await import('@radtune/core/drift')
    const failOn = flags['fail-on']
    return {
      profile: flags.profile,
      profileFromEnvironment: this.flagsFromEnvironment.has('profile'),
      out: flags.out === undefined ? `${places.projectDir}/compose` : resolve(places.workingDir, flags.out),
      version: this.config.version,
      compose: flags.compose ?? [],
      only: flags.only ?? [],
      failOn: failOn === undefined ? failingStates : failOn.flatMap((word) => failStates[word] ?? []),
      strict: flags.strict,
    }
  }

  /** Files first, so that what stands on standard output is whole also when one cannot be written. */
  async #report(drift: Compared, reporters: readonly Reporter[]): Promise<Answer<DriftData>> {
    const [{ reportDrift }, { driftData }, { resolve }] = await Promise.all([
      import('../output/drift-reporters.ts'),
      import('../output/drift-data.ts'),
      import('node:path'),
    ])
    const say = { version: this.config.version, warnings: this.output.warnings }
    for (const { name, file } of reporters) {
      if (file === undefined) continue
      const path = resolve(this.world.workingDir, file)
      try {
        await this.world.files.write(path, `${reportDrift(drift, { reporter: name, ...say })}\n`)
      } catch (error) {
        throw new RadtuneError('RT-DRIFT-001', {
          what: `${path} cannot be written`,
          why: error instanceof Error ? error.message : String(error),
          cause: error,
        })
      }
    }
    const shown = reporters.filter(({ file }) => file === undefined)
    return {
      data: driftData(drift),
      exitCode: drift.exitCode,
      ...(shown.length === 0
        ? {}
        : {
            text: shown
              .map(({ name }) => reportDrift(drift, { reporter: name, style: this.output.stdout, ...say }))
              .join('\n'),
          }),
    }
  }
}

interface Reporter {
  name: ReporterName
  /** Standard output where it is left out. */
  file: string | undefined
}

/** Throws RT-CLI-003 for an unknown one, and for one on standard output beside the one document of --json. */
function readReporters(given: readonly string[] | undefined, json: boolean): Reporter[] {
  const reporters = (given ?? ['text']).map((text): Reporter => {
    const [, name = '', file] = /^([^:]*)(?::([\s\S]+))?$/.exec(text) ?? []
    if (!isReporter(name))
      throw new RadtuneError('RT-CLI-003', {
        what: `--reporter ${text}: there is no such reporter`,
        why: `known are ${reporterNames.join(', ')}, each with :FILE where it is to be written`,
        fix: ['radtune drift --reporter text --reporter sarif:drift.sarif'],
      })
    return { name, file }
  })
  if (
    json &&
    given !== undefined &&
    reporters.some(({ name, file }) => file === undefined && name !== 'json')
  )
    throw new RadtuneError('RT-CLI-003', {
      what: '--json prints one document, and a reporter would print beside it',
      fix: [`radtune drift --json --reporter ${reporters[0]?.name}:FILE`],
    })
  return reporters
}
