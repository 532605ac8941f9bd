import type { ComposeService } from '../compose-file/index.ts'
import type { ForeignFinding } from './findings.ts'

/** Findings about the health check of one service: one that cannot fail, or that others wait for and is not there. */
export function findHealthChecks(
  service: ComposeService,
  services: readonly ComposeService[],
): ForeignFinding[] {
  const { name, healthCheck } = service
  const findings: ForeignFinding[] = []
  if (healthCheck !== undefined && !healthCheck.value.disabled && cannotFail(healthCheck.value.test))
    findings.push({
      id: 'health-check-cannot-fail',
      severity: 'problem',
      service: name,
      at: healthCheck.at,
      what: `the health check of ${name} cannot fail: ${healthCheck.value.test.slice(1).join(' ')}`,
      why: 'it ends with success whatever the service does, so a dead one counts as healthy',
      fix: 'drop what turns the failure into success, and ask the service for something that only a working one answers',
    })
  for (const other of services) {
    const waits = other.dependsOn.get(name)
    if (waits?.value.condition === 'service_healthy' && healthCheck?.value.disabled !== false)
      findings.push({
        id: 'health-check-missing',
        severity: healthCheck?.value.disabled === true ? 'problem' : 'warning',
        service: name,
        at: waits.at,
        what: `${other.name} waits for ${name} to be healthy, and ${name} has no health check here`,
        why: 'unless its image brings one, compose refuses to start',
        fix: `healthcheck: of ${name}`,
      })
  }
  return findings
}

/** Whether the words of a test end with success whatever came before. */
export function cannotFail(test: readonly string[]): boolean {
  const [kind, ...words] = test
  const command = (kind === 'CMD' || kind === 'CMD-SHELL' ? words : test).join(' ').trim()
  const shell = command.replace(/^(\/bin\/)?(ba)?sh -c\s+/, '')
  return (
    /(\|\||;|&)\s*(true|:|exit 0|\/bin\/true|echo\b[^|&;]*)\s*$/.test(shell) ||
    /^(true|:|exit 0|\/bin\/true|echo\b[^|&;]*)$/.test(shell)
  )
}
