import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BorderViolation, findBorderViolations } from '../scripts/room-borders.ts'

const root = join(import.meta.dirname, '..')

/** Imports that must not be: the file that is planted, what it says, and the rule that has to find it. */
const plants: { rule: string; file: string; text: string }[] = [
  { rule: 'core-is-pure', file: 'packages/core/src/units/planted.ts', text: "import 'node:fs'" },
  {
    rule: 'core-is-pure',
    file: 'packages/core/src/stack/planted.ts',
    text: "export const f = () => import('node:os')",
  },
  { rule: 'core-libraries', file: 'packages/core/src/rules/planted.ts', text: "import 'kafkajs'" },
  {
    rule: 'core-knows-nobody',
    file: 'packages/core/src/errors/planted.ts',
    text: "import type { World } from '../../../cli/src/world.ts'\nexport type X = World",
  },
  {
    rule: 'core-units-imports-to-the-left',
    file: 'packages/core/src/units/planted-above.ts',
    text: "export { settings } from '../settings/index.ts'",
  },
  {
    rule: 'core-settings-imports-to-the-left',
    file: 'packages/core/src/settings/planted.ts',
    text: "import type { StackSpec } from '../stack/index.ts'\nexport type X = StackSpec",
  },
  {
    rule: 'pipeline-knows-core-only',
    file: 'packages/pipeline/src/worker/planted.ts',
    text: "import '../../../cli/src/world.ts'",
  },
  {
    rule: 'stages-are-pure',
    file: 'packages/pipeline/src/stages/planted.ts',
    text: "import '../bin/planted-target.ts'",
  },
  {
    rule: 'live-settings-room',
    file: 'packages/pipeline/src/live-settings/planted.ts',
    text: "import '../bin/planted-target.ts'",
  },
  {
    rule: 'kafka-room-of-the-pipeline',
    file: 'packages/pipeline/src/provider/planted.ts',
    text: "import 'kafkajs'",
  },
  {
    rule: 'web-knows-the-contract-only',
    file: 'packages/web/src/planted.tsx',
    text: "import { settings } from '@radtune/core/settings'\nexport const X = () => <p>{String(settings)}</p>",
  },
  {
    rule: 'cli-does-not-import-the-pipeline',
    file: 'packages/cli/src/adapters/planted.ts',
    text: "import '../../../pipeline/src/bin/planted-target.ts'",
  },
  { rule: 'kafka-room-of-the-cli', file: 'packages/cli/src/commands/planted.ts', text: "import 'kafkajs'" },
  { rule: 'services-do-not-draw', file: 'packages/cli/src/services/planted-ink.ts', text: "import 'ink'" },
  {
    rule: 'services-see-ports-and-core',
    file: 'packages/cli/src/services/planted-adapter.ts',
    text: "import '../adapters/files/disk-files.ts'",
  },
  {
    rule: 'screens-do-not-reach-adapters',
    file: 'packages/cli/src/tui/planted.tsx',
    text: "import '../adapters/files/disk-files.ts'",
  },
  {
    rule: 'output-touches-nothing',
    file: 'packages/cli/src/output/planted.ts',
    text: "import 'node:process'",
  },
  { rule: 'resolvable', file: 'packages/cli/src/ports/planted.ts', text: "import './not-there.ts'" },
]

const copies: string[] = []

afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
})

describe('borders between rooms', () => {
  let violations: BorderViolation[]

  beforeAll(async () => {
    violations = await findBorderViolations(copyWith([...plants, target]))
  }, 120_000)

  test.each(plants)('$rule finds $file', ({ rule, file }) => {
    expect(violations).toContainEqual(expect.objectContaining({ rule, from: file }))
  })

  test('nothing is found where nothing was planted', () => {
    const planted = new Set(plants.map(({ file }) => file))
    expect(violations.filter(({ from }) => !planted.has(from))).toEqual([])
  })
})

test('core does not even compile with Node in it', () => {
  const copy = copyWith([
    {
      file: 'packages/core/src/units/planted.ts',
      text: "import { readFileSync } from 'node:fs'\nexport const read = () => [readFileSync, process.cwd(), console]",
    },
  ])
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, '--noEmit', '-p', join(copy, 'packages', 'core')],
    {
      encoding: 'utf8',
    },
  )
  expect(status).not.toBe(0)
  for (const missing of ['node:fs', 'process', 'console'])
    expect(stdout).toMatch(new RegExp(`planted\\.ts.*'${missing}'`))
})

const target = { file: 'packages/pipeline/src/bin/planted-target.ts', text: 'export const target = 1' }

/** A copy of the sources with files planted in it. */
function copyWith(planted: { file: string; text: string }[]): string {
  const copy = mkdtempSync(join(tmpdir(), 'radtune-borders-'))
  copies.push(copy)
  for (const name of ['core', 'pipeline', 'web', 'cli']) {
    const from = join(root, 'packages', name)
    const to = join(copy, 'packages', name)
    for (const folder of ['src', 'test'])
      if (existsSync(join(from, folder))) cpSync(join(from, folder), join(to, folder), { recursive: true })
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(from, file), join(to, file))
  }
  cpSync(join(root, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'))
  cpSync(join(root, 'package.json'), join(copy, 'package.json'))
  linkModules(copy)
  for (const { file, text } of planted) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    writeFileSync(join(copy, file), `${text}\n`)
  }
  return copy
}

/** The installed packages, with @radtune/core being that of the copy. */
function linkModules(copy: string): void {
  const modules = join(copy, 'node_modules')
  mkdirSync(join(modules, '@radtune'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => entry !== '@radtune'))
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  symlinkSync(join(copy, 'packages', 'core'), join(modules, '@radtune', 'core'))
}
