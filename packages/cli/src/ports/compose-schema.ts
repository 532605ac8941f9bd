/** The schema of the compose specification. */
export interface ComposeSchema {
  /** What a file has that the specification does not allow, by the path of keys and indices; empty where the schema cannot be had. */
  problems(file: unknown): Promise<{ path: readonly string[]; message: string }[]>
}
