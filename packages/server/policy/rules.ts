// What a policy allows. Pure.

import type { UserAddress } from '@doorpost/protocol/address'
import type { Policy } from './policy.ts'

/** Whether this name may be registered; names kept for the server itself are not the policy's business. */
export function mayRegister({ names }: Policy, name: string): boolean {
  const fits = (patterns: readonly string[]) => patterns.some((pattern) => matches(pattern, name))
  return fits(names.allow) && !fits(names.deny)
}

/** Whether `from` may write to `to`: the first rule that fits both decides; where none does, yes. */
export function mayWrite(policy: Policy, from: UserAddress, to: UserAddress): boolean {
  const fitting = policy.send.find((rule) => isAmong(policy, rule.from, from) && isAmong(policy, rule.to, to))
  return fitting?.rule !== 'deny'
}

function isAmong({ lists }: Policy, who: string, user: UserAddress): boolean {
  if (who === '*') return true
  if (!who.startsWith('list:')) return matches(who, user)
  return lists[who.slice(5)]?.some((pattern) => matches(pattern, user)) ?? false
}

/** `*` stands for any characters but @. Linear in both lengths but for one retreat: no pattern can be made to explode. */
function matches(pattern: string, text: string): boolean {
  let at = 0
  let inPattern = 0
  let star = -1
  let starAt = 0
  while (at < text.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern++
      starAt = at
    } else if (pattern[inPattern] === text[at]) {
      inPattern++
      at++
    } else if (star >= 0 && text[starAt] !== '@') {
      inPattern = star + 1
      at = ++starAt
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}
