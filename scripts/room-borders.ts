import { createRequire, registerHooks } from 'node:module'
import process from 'node:process'

/** An import that crosses a border between rooms. */
export interface BorderViolation {
  rule: string
  from: string
  to: string
}

/**
 * Checks the imports of all packages below `root` against the rules of .dependency-cruiser.cjs of this project.
 * dependency-cruiser reads TypeScript with the compiler's API, which TypeScript 7 does not have: it is given version 6.
 */
export async function findBorderViolations(root: string): Promise<BorderViolation[]> {
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      nextResolve(specifier.replace(/^typescript(?=$|\/)/, '@typescript/typescript6'), context),
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
    if (output.summary.totalCruised === 0) throw new Error(`no modules were found in ${root}/packages`)
    return output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
  } finally {
    process.chdir(before)
  }
}
