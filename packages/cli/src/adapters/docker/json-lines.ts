/** Calls `onLine` with each JSON document of a stream that has one per line; a line may come in pieces. A broken line is left out. */
export function readJsonLines<Line>(stream: NodeJS.ReadableStream, onLine: (line: Line) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const document = parsed<Line>(line)
      if (document !== undefined) onLine(document)
    }
  })
}

function parsed<Line>(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}
