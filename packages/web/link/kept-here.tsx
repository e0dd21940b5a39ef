// What of a link lies in this browser, and a way to clear all of it away: whoever sits at somebody else's machine leaves nothing.

import { useCallback, useEffect, useState } from 'react'
import type { DeviceConnection } from '../device-connection.ts'
import { useDeviceChange } from '../device.ts'
import { Button } from '../look/button.tsx'
import { useDoing } from '../screens/doing.ts'
import { Wrong } from '../screens/page.tsx'
import { useFormats, useWords } from '../words/words.ts'

export function KeptHere({ device }: { readonly device: DeviceConnection }) {
  const words = useWords().link
  const formats = useFormats()
  const [bytes, setBytes] = useState(0)
  const [isAsked, setAsked] = useState(false)
  const { busy, wrong, run } = useDoing()
  const look = useCallback(
    () =>
      void device.storage().then(
        ({ kept }) => setBytes(kept.reduce((sum, { hereBytes }) => sum + hereBytes, 0)),
        // It is asked again with the next change.
        () => {},
      ),
    [device],
  )
  useEffect(look, [look])
  useDeviceChange(look)
  if (bytes === 0) return null
  return (
    <div className="link-kept">
      <p>{isAsked ? words.clearSays : words.kept(formats.size(bytes))}</p>
      {isAsked ? (
        <div className="link-kept-ways">
          <Button kind="bad" disabled={busy} onClick={() => void run(() => device.forget())}>
            {words.clearAll}
          </Button>
          <Button kind="quiet" onClick={() => setAsked(false)}>
            {words.keep}
          </Button>
        </div>
      ) : (
        <Button kind="quiet" onClick={() => setAsked(true)}>
          {words.clear}
        </Button>
      )}
      <Wrong says={wrong} />
    </div>
  )
}
