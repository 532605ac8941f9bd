import { RadtuneError } from '@radtune/core/errors'
import { checkDumpStart } from '@radtune/core/safecast'
import type { Project } from '../ports/project.ts'

/**
 * Resolves data paths to absolute ones and looks into the first file of each before anything is started. `-` becomes a copy
 * of standard input. Throws RT-DATA-001…003, and RT-CLI-021 for a file that is named twice.
 */
export async function checkData(project: Project, files: readonly string[]): Promise<string[]> {
  const paths: string[] = []
  for (const file of files) {
    const { path, firstFile, firstBytes } = await project.checkData(
      file === '-' ? await project.spoolInput() : file,
    )
    const named = file === '-' ? 'standard input' : path === firstFile ? file : firstFile
    const refused = checkDumpStart(firstBytes)
    if (refused)
      throw new RadtuneError(refused.code, {
        what: `${named} is not a dump of readings`,
        why: refused.problem,
        fix: (refused.fix ?? ['ls -l FILE']).map((fix) => fix.replaceAll('FILE', named)),
      })
    if (paths.includes(path))
      throw new RadtuneError('RT-CLI-021', { what: `--data names ${named} twice`, fix: ['name it once'] })
    paths.push(path)
  }
  return paths
}
