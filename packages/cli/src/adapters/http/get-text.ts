import { Agent, type IncomingMessage, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxFreeSockets: 2 })

/** What was answered: a text, or another status than those that were wanted. */
export type TextAnswer = { accepted: true; text: string } | { accepted: false; status: number }

/**
 * Asks for a text over HTTP. One connection to each place is kept for the next question. Several times cheaper than `fetch`, for
 * what is asked every second. Throws what the connection says, TooLate after `timeoutMs`, and Error for an answer that is too long.
 */
export function getText(
  url: URL,
  { timeoutMs, maxBytes, accept }: { timeoutMs: number; maxBytes: number; accept: readonly number[] },
): Promise<TextAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (response) => {
      const { statusCode: status = 0 } = response
      if (accept.includes(status))
        return read(response, maxBytes).then((text) => resolve({ accepted: true, text }), fail)
      response.resume()
      resolve({ accepted: false, status })
    })
    const timer = setTimeout(() => fail(new TooLate()), timeoutMs)
    const fail = (error: Error) => {
      reject(error)
      asked.destroy()
    }
    asked.once('error', fail)
    asked.once('close', () => clearTimeout(timer))
    asked.end()
  })
}

/** There was no whole answer in time. */
export class TooLate extends Error {}

function read(response: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > maxBytes) reject(new Error(`answered more than ${maxBytes / 1024 ** 2} MiB`))
    })
    response.once('end', () => resolve(text))
    response.once('error', reject)
  })
}
