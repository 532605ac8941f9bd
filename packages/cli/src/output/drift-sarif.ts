import { type Drift, type DriftItem, driftClasses } from '@radtune/core/drift'
import { changeWords, isFailing, itemSentence, REPORTED } from './drift-words.ts'

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** SARIF 2.1.0 of a comparison: a rule for each class of fields, a result for each item that is not in sync. */
export function driftSarif(drift: Drift, { version }: { version: string }): string {
  const ids = Object.keys(driftClasses)
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'radtune drift',
            semanticVersion: version,
            rules: Object.entries(driftClasses).map(([id, text]) => ({
              id: `drift/${id}`,
              shortDescription: { text },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        invocations: [{ executionSuccessful: true, exitCode: drift.exitCode }],
        originalUriBaseIds: { PROJECT: { description: { text: 'the folder of the project' } } },
        results: drift.items
          .filter(({ state }) => REPORTED.includes(state))
          .map((item) =>
            resultOf(item, { failing: isFailing(drift, item), ruleIndex: ids.indexOf(item.class) }),
          ),
        properties: { verdict: drift.verdict, profile: drift.profile, counts: drift.counts },
      },
    ],
  }
  return JSON.stringify(log, null, 2)
}

function resultOf(item: DriftItem, { failing, ruleIndex }: { failing: boolean; ruleIndex: number }) {
  const { state, at, path, source, why } = item
  const kind = state === 'unchecked' ? 'open' : 'fail'
  return {
    ruleId: `drift/${item.class}`,
    ruleIndex,
    kind,
    level: kind === 'open' ? 'none' : failing ? 'error' : 'note',
    message: { text: itemSentence(item) },
    locations: [
      {
        ...(at === undefined
          ? {}
          : {
              physicalLocation: {
                artifactLocation: at.file.startsWith('/')
                  ? { uri: `file://${encodeURI(at.file)}` }
                  : { uri: encodeURI(at.file), uriBaseId: 'PROJECT' },
                region: { startLine: at.line, startColumn: at.column },
              },
            }),
        logicalLocations: [{ fullyQualifiedName: path, kind: 'member' }],
      },
    ],
    partialFingerprints: { 'field/v1': `${source.name} ${path}` },
    ...(state === 'ignored'
      ? { suppressions: [{ kind: 'external', status: 'accepted', justification: why }] }
      : {}),
    properties: { state, change: changeWords(item), source: source.name, also: item.also },
  }
}
