export { readPageOverrides } from './page-overrides.ts'
export { type FrontendOptions, type RunningFrontend, startFrontend } from './start-frontend.ts'
export { findWebRoot } from './web-root.ts'
