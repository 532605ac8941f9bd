export { type ListenAddress, listen, listenFastify, parseAddress } from './address.ts'
export { type GuardOptions, guardRequest, type Refusal } from './guard-request.ts'
