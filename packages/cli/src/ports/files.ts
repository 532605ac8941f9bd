/** Text files as services see them. Failures other than "not there" are thrown as the system gives them (`code` EACCES, EISDIR…). */
export interface Files {
  /** The text of a file, or undefined when there is none. */
  read(path: string): Promise<string | undefined>
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<string[]>
  /** Writes a file, whole or not at all, and the folders above it; readable by this user alone when `secret`. */
  write(path: string, text: string, options?: { secret?: boolean }): Promise<void>
  /** Appends to a file; creates it, and the folders above it, when it is not there. */
  append(path: string, text: string): Promise<void>
  /** Removes a file; nothing happens when there is none. */
  remove(path: string): Promise<void>
  kind(path: string): Promise<'file' | 'folder' | 'other' | 'missing'>
}
