import { access, rename, rm } from 'node:fs/promises'

/** How one run of Java uses the class archive that shortens its start: it reads it, or makes it as it ends. */
export interface ClassArchive {
  flags: readonly string[]
  /** Set when this run makes the archive: where it is written, and its final name. */
  making: { scratch: string; final: string } | undefined
}

/** Flags for a start with the archive at `path`, or for a run that makes one at its end (that end takes 3 s longer, once). */
export async function openClassArchive(path: string): Promise<ClassArchive> {
  try {
    await access(path)
    return {
      flags: [`-XX:SharedArchiveFile=${path}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'],
      making: undefined,
    }
  } catch {
    const scratch = `${path}.${process.pid}-${Date.now()}`
    return {
      flags: [
        `-XX:ArchiveClassesAtExit=${scratch}`,
        '-Xlog:cds=off',
        '-Xlog:cds+dynamic=off',
        '-Xlog:class+path=off',
      ],
      making: { scratch, final: path },
    }
  }
}

/** Gives the archive of a run that ended well its final name. An archive only saves time: nothing here is an error. */
export async function keepClassArchive({ making }: ClassArchive): Promise<void> {
  if (making) await rename(making.scratch, making.final).catch(() => undefined)
}

/** Removes what a run that did not end well may have written of its archive. */
export async function dropClassArchive({ making }: ClassArchive): Promise<void> {
  if (making) await rm(making.scratch, { force: true }).catch(() => undefined)
}
