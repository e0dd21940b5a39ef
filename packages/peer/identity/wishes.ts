// What this user wants the server to know about others (approved or not, blocked or not), kept until the server has been told.
// The last wish about somebody counts; nothing here changes what this device itself thinks of them.

import type { UserAddress } from '@doorpost/protocol/address'
import { Refusal } from '@doorpost/protocol/errors'
import { contactSchema } from '@doorpost/protocol/messages/contacts'
import { brokeProtocol } from '../session/answer.ts'
import type { Line } from '../session/line.ts'
import type { Change, Store } from '../store/store.ts'

type Matter = 'contact' | 'block'

interface Wish {
  readonly address: UserAddress
  /** Wanted, or wanted no more. */
  readonly wanted: boolean
  /** Shown with an approval, so that it is mutual at once. */
  readonly token?: string
  /** Tells a wish from a later one about the same. */
  readonly mark: string
}

const PLACE = 'wish/'

/** The change that keeps a wish; it goes into the same write as what this device thinks. */
export function wish(matter: Matter, address: UserAddress, wanted: boolean, mark: string, token?: string): Change {
  const value: Wish = { address, wanted, mark, ...(token !== undefined && { token }) }
  return { put: 'people', key: `${PLACE}${matter}/${address}`, value }
}

export interface Wishes {
  /**
   * Tells the server all that it was not told yet, one after the other. Resolves when done or when the line is gone; what is
   * left stays for the next time.
   */
  carryOut(): Promise<void>
}

export function openWishes(
  store: Store,
  line: Line,
  onContact: (address: UserAddress, mutual: boolean) => Promise<void>,
  onTrouble: (error: unknown) => void,
): Wishes {
  let last = Promise.resolve()

  async function carryAll(): Promise<void> {
    for (const { key, value } of await store.all<Wish>('people', PLACE)) {
      try {
        await tell(key.startsWith(`${PLACE}block/`) ? 'block' : 'contact', value)
      } catch (error) {
        onTrouble(error)
        // No line, or refused for now (draining, too many): all of it later. Refused for good: the wish is moot.
        if (!(error instanceof Refusal) || error.again === 'later') return
      }
      // The user may have changed their mind meanwhile; that wish stays.
      if ((await store.get<Wish>('people', key))?.mark === value.mark) await store.write([{ drop: 'people', key }])
    }
  }

  async function tell(matter: Matter, { address, wanted, token }: Wish): Promise<void> {
    const target = matter === 'block' ? '/blocks' : '/contacts'
    if (!wanted) {
      await line.call('REMOVE', target, { body: { addresses: [address] } })
      return
    }
    const body = { address, ...(token !== undefined && { invitation: token }) }
    const { body: said } = await line.call('SEND', target, { body })
    if (matter === 'block') return
    const contact = contactSchema.safeParse(said)
    if (!contact.success) throw brokeProtocol('The server answered an approval with something else.', contact.error)
    await onContact(address, contact.data.address === address && contact.data.mutual)
  }

  return {
    carryOut() {
      last = last.then(carryAll, carryAll)
      return last
    },
  }
}
