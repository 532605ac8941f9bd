export const reporterNames = ['text', 'json', 'sarif', 'junit', 'github', 'markdown'] as const

export type ReporterName = (typeof reporterNames)[number]

export function isReporter(name: string): name is ReporterName {
  return (reporterNames as readonly string[]).includes(name)
}
