// What the exit code says, after sysexits(3): one table for every trouble, so that scripts can rely on it.

import type { TroubleCode } from '@doorpost/peer/operations'

export const EXIT = {
  ok: 0,
  usage: 64,
  data: 65,
  noInput: 66,
  noUser: 67,
  noHost: 68,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  inputOutput: 74,
  tryLater: 75,
  protocol: 76,
  noPermission: 77,
  configuration: 78,
  /** 128 + SIGINT, as shells have it. */
  stopped: 130,
} as const

const codes: Record<TroubleCode, number> = {
  malformed: EXIT.protocol,
  'not-logged-in': EXIT.noPermission,
  'login-refused': EXIT.noPermission,
  'not-allowed': EXIT.noPermission,
  insecure: EXIT.noPermission,
  'not-found': EXIT.noInput,
  'no-such-method': EXIT.protocol,
  'nobody-answered': EXIT.tryLater,
  conflict: EXIT.data,
  'name-taken': EXIT.cannotCreate,
  'list-moved-on': EXIT.tryLater,
  'preferences-moved-on': EXIT.tryLater,
  'list-refused': EXIT.data,
  'too-large': EXIT.data,
  'too-many': EXIT.tryLater,
  'not-a-contact': EXIT.noPermission,
  'no-such-user': EXIT.noUser,
  'other-domain': EXIT.noHost,
  'mailbox-full': EXIT.tryLater,
  'registration-closed': EXIT.noPermission,
  'invitation-needed': EXIT.noPermission,
  'not-in-envelope': EXIT.noPermission,
  'not-permitted-by-policy': EXIT.noPermission,
  expired: EXIT.unavailable,
  fault: EXIT.tryLater,
  draining: EXIT.tryLater,
  'no-room': EXIT.tryLater,
  'no-identity': EXIT.configuration,
  'home-in-use': EXIT.tryLater,
  'wrong-secret': EXIT.noPermission,
  'bad-address': EXIT.data,
  'mail-address': EXIT.noHost,
  'no-such-message': EXIT.noInput,
  'no-such-file': EXIT.noInput,
  'file-changed': EXIT.data,
  'nothing-to-send': EXIT.usage,
  'key-changed': EXIT.noPermission,
  'list-withheld': EXIT.noPermission,
  'not-mutual': EXIT.noPermission,
  'no-source': EXIT.tryLater,
  'source-changed': EXIT.data,
  'bad-pieces': EXIT.data,
  'disk-full': EXIT.inputOutput,
  'cannot-write': EXIT.cannotCreate,
  'server-unreachable': EXIT.unavailable,
  'server-broke-protocol': EXIT.protocol,
  gone: EXIT.unavailable,
  'not-available': EXIT.unavailable,
  cancelled: EXIT.stopped,
}

/** The exit code of a trouble. */
export function exitCodeOf(code: TroubleCode): number {
  return codes[code]
}
