import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** An import that crosses a border between rooms. */
export interface BorderViolation {
  rule: string
  from: string
  to: string
}

/**
 * Checks the imports of all packages below `root` against the rules of .dependency-cruiser.cjs of this project.
 * dependency-cruiser reads TypeScript with the compiler's API, which TypeScript 7 does not have: it is given version 6,
 * which is installed for this folder alone.
 */
export async function findBorderViolations(root: string): Promise<BorderViolation[]> {
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      /^typescript($|\/)/.test(specifier)
        ? { url: pathToFileURL(typescript6(specifier)).href, shortCircuit: true }
        : nextResolve(specifier, context),
  })
  const { cruise } = await import('dependency-cruiser')
  const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs')
  const { enhancedResolveOptions, ...options } = rules.options
  const before = process.cwd()
  process.chdir(root)
  try {
    const { output } = await cruise(
      ['packages'],
      { ...options, ruleSet: { forbidden: rules.forbidden }, validate: true, baseDir: root },
      enhancedResolveOptions,
    )
    if (typeof output === 'string')
      throw new Error(`dependency-cruiser gave text instead of results: ${output}`)
    if (!output.modules.some(({ source }) => source.endsWith('.ts')))
      throw new Error(`no TypeScript was read in ${root}/packages`)
    return output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
  } finally {
    process.chdir(before)
  }
}

/** The file of a module of TypeScript 6: its API, or its package.json. */
function typescript6(specifier: string): string {
  const inside = specifier === 'typescript' ? 'lib/typescript.js' : specifier.slice('typescript/'.length)
  return join(import.meta.dirname, 'node_modules', 'typescript', inside)
}
