/** One line of an environment file. */
export interface EnvironmentLine {
  name: string
  value: string
  line: number
  /** In single quotes, in which variables stay as they are. */
  literal: boolean
}

/** Reads `NAME=value` lines with comments, quotes, `export` and values over several quoted lines, as compose does. */
export function readEnvironmentFile(text: string): EnvironmentLine[] {
  const found: EnvironmentLine[] = []
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  for (let index = 0; index < lines.length; index++) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?:[=:]\s*([\s\S]*))?$/.exec(lines[index] ?? '')
    if (match?.[1] === undefined) continue
    const line = index + 1
    let raw = match[2] ?? ''
    const quote = /^["']/.exec(raw)?.[0]
    if (quote !== undefined) {
      while (!closed(raw, quote) && index + 1 < lines.length) raw += `\n${lines[++index]}`
      const body = new RegExp(`^${quote}((?:\\\\.|(?!${quote})[\\s\\S])*)`).exec(raw)?.[1] ?? ''
      found.push({
        name: match[1],
        value: quote === '"' ? unescaped(body) : body,
        line,
        literal: quote === "'",
      })
    } else {
      found.push({ name: match[1], value: raw.replace(/(^|\s)#.*$/, '').trim(), line, literal: false })
    }
  }
  return found
}

function closed(raw: string, quote: string): boolean {
  return new RegExp(`^${quote}(?:\\\\.|(?!${quote})[\\s\\S])*${quote}`).test(raw)
}

function unescaped(text: string): string {
  const meanings: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
  return text.replace(/\\(.)/g, (_, character: string) => meanings[character] ?? character)
}
