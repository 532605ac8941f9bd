import { join } from 'node:path'
import process from 'node:process'
import { build, projectDir, runProgram } from './run-program.ts'

/**
 * `npm start`: builds what is needed, `radtune up --profile 4c8g --runtime local`, and on a terminal then `radtune status --watch` until
 * `q`. The stack is left running. Arguments go to `radtune up`.
 */
const args = process.argv.slice(2)
const radtune = join(projectDir, 'packages', 'cli', 'bin', 'radtune.js')
let interrupted = false
process.on('SIGINT', () => {
  interrupted = true
})

process.exitCode = await start()

async function start(): Promise<number> {
  const built = await build()
  if (built !== 0) return built
  const profile = args.some((arg) => /^(--profile(=|$)|-p)/.test(arg)) ? [] : ['--profile', '4c8g']
  const runtime = args.some((arg) => /^--runtime(=|$)/.test(arg)) ? [] : ['--runtime', 'local']
  const up = await runProgram(process.execPath, [radtune, 'up', ...profile, ...runtime, ...args])
  const watchable = process.stdin.isTTY && process.stdout.isTTY && !process.env.CI
  const answered = args.some((arg) => ['--json', '--help', '-h', '--once'].includes(arg))
  if (up !== 0 || interrupted || !watchable || answered) return up
  const where = args.flatMap((arg, index) =>
    arg.startsWith('--project=') ? [arg] : arg === '--project' ? [arg, args[index + 1] ?? '.'] : [],
  )
  return runProgram(process.execPath, [radtune, 'status', '--watch', ...where])
}
