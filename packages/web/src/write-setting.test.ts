import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { describeRefusal, writeSetting } from './write-setting.ts'

describe('a setting is written', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  async function startServer(status: number, answer: string) {
    const asked: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += part
      })
      request.on('end', () => {
        asked.push({ method: `${request.method}`, url: `${request.url}`, headers: request.headers, body })
        response.writeHead(status, { 'content-type': 'application/json' }).end(answer)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => server.close())
    return { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
  }

  test('the speed in the form of the reference system, all else by its key, with the token', async () => {
    const { apiUrl, asked } = await startServer(202, '{"key":"k","value":1,"revision":7}')
    expect(await writeSetting({ key: 'thresholds.high', value: 300 }, { apiUrl, token: null })).toEqual({
      ok: true,
    })
    await writeSetting({ key: 'provider.playbackSpeed', value: 60 }, { apiUrl, token: 's3' })
    expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['PUT', '/api/settings/thresholds.high', '{"value":300}'],
      ['POST', '/api/playback_speed', '{"playback_speed":60}'],
    ])
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer s3'])
  })

  test.each([
    [401, '{"error":"a token is needed"}', true, 'Not changed: the token is missing or wrong.'],
    [400, '{"error":"must be at most 10."}', false, 'Not changed: must be at most 10.'],
    [502, '<html>', false, 'Not changed: the backend answered 502.'],
  ])('or refused with %d', async (status, body, unauthorised, problem) => {
    const { apiUrl } = await startServer(status, body)
    const answer = await writeSetting({ key: 'provider.rate', value: 1 }, { apiUrl, token: null })
    expect(answer).toEqual({ ok: false, unauthorised, problem })
  })

  test('or nobody is there', async () => {
    const answer = await writeSetting(
      { key: 'provider.rate', value: 1 },
      { apiUrl: 'http://127.0.0.1:1', token: null },
    )
    expect(answer).toMatchObject({ ok: false, problem: 'Not changed: the backend does not answer.' })
  })

  test.each([
    [403, 'foreign origin', 'Not allowed: foreign origin.'],
    [403, null, 'Not allowed.'],
    [429, 'more than 60 changes in a minute', 'Not changed: more than 60 changes in a minute.'],
    [429, null, 'Not changed: too many changes at once; try again in a moment.'],
    [503, 'Kafka did not take it', 'Not changed: Kafka did not take it.'],
  ])('%d %s in words', (status, error, words) => {
    expect(describeRefusal(status, error)).toBe(words)
  })
})
