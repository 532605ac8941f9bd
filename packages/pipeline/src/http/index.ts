export { listen, listenFastify } from './address.ts'
export { type GuardOptions, guardRequest } from './guard-request.ts'
