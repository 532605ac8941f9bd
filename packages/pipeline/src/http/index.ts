export { listen, listenFastify, parseAddress } from './address.ts'
export { type GuardOptions, guardRequest } from './guard-request.ts'
export { guardWrite, type WriteAccess, writeModeOf } from './guard-write.ts'
