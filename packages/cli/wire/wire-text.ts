// Bytes of an exchange as lines on a screen: `> ` what was sent, `< ` what came. Exact but for secrets, which are covered,
// and for what a terminal would obey. Lines are shown as soon as they are whole.

import { printable } from '../show/printable.ts'

export interface WireText {
  add(direction: 'sent' | 'received', bytes: Uint8Array): void
  /** Shows what has no line end. */
  end(): void
}

const signs = { sent: '> ', received: '< ' } as const

/** `show`: one line with its sign, without line end. */
export function wireText(
  show: (line: string) => void,
  options: { readonly secrets: boolean; readonly terminal: boolean },
): WireText {
  let direction: 'sent' | 'received' = 'sent'
  let rest: Uint8Array = new Uint8Array(0)
  const tell = (bytes: Uint8Array) => {
    const written = Buffer.from(bytes).toString('utf8').replace(/\r$/, '')
    const line = options.secrets ? written : covered(written)
    show(signs[direction] + (options.terminal ? printable(line) : line))
  }
  const end = () => {
    if (rest.length > 0) tell(rest)
    rest = new Uint8Array(0)
  }
  return {
    add(from, bytes) {
      if (from !== direction) end()
      direction = from
      let left = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      for (let at = left.indexOf(10); at >= 0; at = left.indexOf(10)) {
        tell(left.subarray(0, at))
        left = left.subarray(at + 1)
      }
      rest = left
    },
    end,
  }
}

/** Members of JSON bodies that let somebody act for this user. */
const secretMembers = /("(?:token|invitation|signature)"\s*:\s*")([^"]*)/g
const secretHeader = /^(authorization:\s*\S+\s+)(.+)$/i

/** Secrets as asterisks, as many as there were letters. */
export function covered(line: string): string {
  return line
    .replace(secretHeader, (_, name: string, value: string) => name + '*'.repeat(value.length))
    .replace(secretMembers, (_, name: string, value: string) => name + '*'.repeat(value.length))
}
