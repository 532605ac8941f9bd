import type { Launch } from './runtime.ts'

/** Held while an operation changes the stack of a project. */
export interface OperationLock {
  release(): Promise<void>
}

/** What a path given as data turned out to be: `firstBytes` are those of the first file that would be read, decompressed. */
export interface DataPath {
  /** Absolute. */
  path: string
  /** The file that `firstBytes` come from, absolute. */
  firstFile: string
  firstBytes: Uint8Array
}

/** The files of a project: what `up` launched, its data, and the lock that keeps two operations apart. */
export interface Project {
  /** Absolute path of the folder that holds `.radtune/`. */
  readonly directory: string
  /** Takes the lock for `operation`, e.g. `up`. Throws RT-UP-002 that names the operation and process which hold it. */
  lock(operation: string): Promise<OperationLock>
  /** What was launched last, from `.radtune/stack.yaml`; undefined when there is none or it cannot be read. */
  readLaunch(): Promise<Launch | undefined>
  /** Writes `.radtune/stack.yaml`. */
  writeLaunch(launch: Launch): Promise<'new' | 'changed' | 'same'>
  /** Finds a data file or folder of CSV files. Throws RT-DATA-002 when it is missing or unreadable, RT-DATA-003 for damaged gzip. */
  checkData(path: string): Promise<DataPath>
  /** Copies standard input into a file of the project and returns its absolute path, the same for the same content. */
  spoolInput(): Promise<string>
  /** Removes earlier copies of standard input but those in `keep`. */
  pruneSpool(keep: readonly string[]): Promise<void>
}
