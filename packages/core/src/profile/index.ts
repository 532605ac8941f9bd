export { type ParsedProfile, parseProfile, printProfileProblem, profileError } from './parse-profile.ts'
export type { Profile, ProfilePin, ProfileProblem } from './profile.ts'
export { type NamedProfile, profileFromName, shippedProfileNames } from './profile-name.ts'
export { profileSchemaJson } from './profile-schema.ts'
