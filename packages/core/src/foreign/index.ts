export { type ForeignFinding, findForeign } from './findings.ts'
export { type ForeignLedger, type ForeignRow, foreignLedger } from './foreign-ledger.ts'
export { type ForeignProfile, guessMachine, profileOfForeign } from './foreign-profile.ts'
export { type ForeignRole, recogniseRole } from './recognise-role.ts'
