/** Reads `key: value` lines, as the Flink image takes them in FLINK_PROPERTIES and its config file has them. Later lines win. */
export function readFlinkProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([\w.-]+)\s*:\s+(.*?)\s*$/.exec(line.replace(/(^|\s)#.*$/, ''))
    if (match?.[1] !== undefined) properties.set(match[1], (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2'))
  }
  return properties
}
