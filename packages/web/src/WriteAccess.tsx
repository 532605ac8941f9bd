import { type FormEvent, useId } from 'react'
import type { SettingWriter } from './use-setting-writer.ts'

/** Why nothing can be changed from here, or where the token is given; nothing when all is open. */
export function WriteAccess({ writer }: { writer: SettingWriter }) {
  switch (writer.access) {
    case 'open':
      return null
    case 'closed':
      return (
        <p className="note">
          Read only: this page may change nothing where it is published. <code>radtune set</code> changes the
          same settings.
        </p>
      )
    case 'token':
      return <TokenForm onToken={writer.giveToken} />
  }
}

function TokenForm({ onToken }: { onToken(token: string): void }) {
  const id = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const token = new FormData(event.currentTarget).get('token')
    if (typeof token === 'string' && token.trim() !== '') onToken(token.trim())
  }
  return (
    <form className="number-form token-form" onSubmit={submit}>
      <label htmlFor={id}>Token</label>
      <input id={id} name="token" type="password" autoComplete="off" aria-describedby={`${id}-hint`} />
      <button type="submit">use</button>
      <small id={`${id}-hint`}>Whoever runs the pipeline has it. It is kept until this tab is closed.</small>
    </form>
  )
}

/** What went wrong with a wish, said at once. */
export function Problem({ text }: { text: string | null }) {
  return (
    <span className="problem" role="alert">
      {text ?? ''}
    </span>
  )
}
