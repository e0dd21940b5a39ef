// Who somebody is, at a glance: two letters of their name on a tone that stays theirs. Their name stands beside it, so it is not
// heard.

import { initialsOf, toneOf } from './initials.ts'
import './avatar.css'

/** `names`: one, or the members of a group. `online`: a dot, which the words beside it say too. */
export function Avatar({ names, online, large }: { names: readonly string[]; online?: boolean; large?: boolean }) {
  const [first = '?', second] = names
  return (
    <span className={large ? 'avatar avatar-large' : 'avatar'} aria-hidden="true">
      {second === undefined ? (
        <span className={`avatar-one avatar-tone-${toneOf(first)}`}>{initialsOf(first)}</span>
      ) : (
        <>
          <span className={`avatar-back avatar-tone-${toneOf(second)}`}>{initialsOf(second).slice(0, 1)}</span>
          <span className={`avatar-front avatar-tone-${toneOf(first)}`}>{initialsOf(first).slice(0, 1)}</span>
        </>
      )}
      {online && <span className="avatar-online" />}
    </span>
  )
}
