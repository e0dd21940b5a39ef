// The newest list of one's own devices, as everything in this device sees it: `me` is one object whose list moves on when
// this device signs another or is shown one. A list that takes this device away is remembered apart: it ends the device.

import { activeDevices, mayFollow, type OpenedDeviceList } from '@doorpost/protocol/device-list'
import type { Signed } from '@doorpost/protocol/signature'
import { listeners } from '../session/listeners.ts'
import type { Change, Store } from '../store/store.ts'
import { deviceChange, type Identity } from './identity-record.ts'

export interface OwnList {
  /** Its `deviceList` and `opened` are always the newest known. */
  readonly me: Identity
  /**
   * Follows a list that may follow, with `also` in the same write; leaves every other alone. `revoked`: this device is not
   * on it any more.
   */
  follow(signed: Signed, opened: OpenedDeviceList, also?: readonly Change[]): Promise<'followed' | 'same' | 'revoked'>
  /** Told after a list was followed. */
  onFollow(listener: () => void): () => void
  /** Since when this device is known not to be on the list any more. */
  readonly revoked: boolean
}

export function keepOwnList(store: Store, identity: Identity): OwnList {
  let current = { deviceList: identity.deviceList, opened: identity.opened }
  let revoked = false
  const followers = listeners<void>()
  const { deviceList: _list, opened: _opened, ...rest } = identity
  const me: Identity = {
    ...rest,
    get deviceList() {
      return current.deviceList
    },
    get opened() {
      return current.opened
    },
  }
  return {
    me,
    async follow(signed, opened, also = []) {
      const step = mayFollow(current.opened, opened)
      if (step !== 'follows' && step !== 'recovered') {
        if (also.length > 0) await store.write(also)
        return 'same'
      }
      const key = activeDevices(current.opened.list).find(({ name }) => name === me.device)?.key
      if (!activeDevices(opened.list).some((one) => one.name === me.device && one.key === key)) {
        revoked = true
        if (also.length > 0) await store.write(also)
        followers.tell()
        return 'revoked'
      }
      // A recovered account keeps no device of before; should one do, its own record of the account has to be made anew.
      if (step === 'recovered') return 'same'
      const next = { deviceList: signed, opened }
      await store.write([deviceChange({ ...rest, ...next }), ...also])
      current = next
      followers.tell()
      return 'followed'
    },
    onFollow: followers.add,
    get revoked() {
      return revoked
    },
  }
}
