/** Where text goes: standard output or standard error, or what a test listens to. */
export interface TextStream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}
