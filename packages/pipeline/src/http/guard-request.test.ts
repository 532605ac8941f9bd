import { describe, expect, test } from 'vitest'
import { guardRequest } from './guard-request.ts'

describe('which requests are answered', () => {
  test.each([
    ['a loopback address', { host: '127.0.0.1:8000' }],
    ['localhost on a forwarded port', { host: 'localhost:9999' }],
    ['IPv6 loopback', { host: '[::1]:8000' }],
    ['a page of its own', { host: 'localhost:8080', origin: 'http://localhost:8080' }],
    ['a named host', { host: 'backend:8000' }],
    ['a named origin', { host: '127.0.0.1:8000', origin: 'http://map.example' }],
  ])('%s', (_, headers) => {
    const options = { allowedHosts: ['backend'], allowedOrigins: ['http://map.example'] }
    expect(guardRequest(headers, options)).toBeUndefined()
  })

  test.each([
    ['no host', {}],
    ['a foreign name that leads to loopback', { host: 'rebound.example:8000' }],
    ['a name that begins like ours', { host: 'localhost.example:8000' }],
    ['a host with a path', { host: '127.0.0.1:8000/x' }],
    ['a host with credentials', { host: 'localhost@evil.example' }],
  ])('refuses %s', (_, headers) => {
    expect(guardRequest(headers)?.status).toBe(421)
  })

  test.each([
    ['another site', 'http://evil.example'],
    ['another port of this machine', 'http://127.0.0.1:3000'],
    ['a sandboxed frame', 'null'],
    ['a file', 'file://'],
  ])('refuses a page of %s', (_, origin) => {
    expect(guardRequest({ host: '127.0.0.1:8000', origin })?.status).toBe(403)
  })
})
