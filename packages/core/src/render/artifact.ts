import { fingerprint } from './fingerprint.ts'

/** A generated file: where it belongs, and what it says. */
export interface Artifact {
  /** Relative to the folder that is generated, with `/`. */
  path: string
  text: string
}

/** What the first line of a generated file says about it. */
export interface ArtifactHeader {
  profile: string
  version: string
  /** Fingerprint of all that it was made from. */
  inputs: string
}

const HEADER = /^# radtune: profile=(\S+) version=(\S+) inputs=(\S+) content=(\S+)\n/

/** Puts the header before the text of a file; it holds a fingerprint of the text. */
export function withHeader({ profile, version, inputs }: ArtifactHeader, body: string): string {
  return `# radtune: profile=${profile} version=${version} inputs=${inputs} content=${fingerprint(body)}\n${body}`
}

/** Whether somebody has changed a file since it was generated, or it never was. Line ends do not count. */
export function isHandEdited(text: string): boolean {
  const unix = text.replaceAll('\r\n', '\n')
  const header = HEADER.exec(unix)
  return header === null || header[4] !== fingerprint(unix.slice(header[0].length))
}
