export { type CatalogueEntry, type ErrorCode, errorCatalogue } from './catalogue.ts'
export { type ErrorDetails, RadtuneError } from './radtune-error.ts'
