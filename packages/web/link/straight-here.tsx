// Whether a link's page fetches straight from the device behind the link. Asked only where its sender agreed; until the person here says
// yes no address of theirs is told to anybody but the server, which sees it anyway.

import { useCallback, useEffect, useState } from 'react'
import { useDeviceChange } from '../device.ts'
import type { DeviceConnection } from '../device-connection.ts'
import { Switch } from '../look/field.tsx'
import { toast } from '../look/toast.tsx'
import { troubleText, useWords } from '../words/words.ts'

/** `name`: the sender's. Nothing where there is nothing to agree to. */
export function StraightHere({ device, name }: { readonly device: DeviceConnection; readonly name: string }) {
  const words = useWords().link
  const [addresses, setAddresses] = useState<Awaited<ReturnType<DeviceConnection['linkAddresses']>>>('not-offered')
  const look = useCallback(
    () =>
      void device.linkAddresses().then(setAddresses, () => {
        // It is asked again with the next change.
      }),
    [device],
  )
  useEffect(look, [look])
  useDeviceChange(look)
  if (addresses === 'not-offered') return null
  const show = async (isShown: boolean) => {
    try {
      await device.showAddress(isShown)
      return true
    } catch (error) {
      toast({ text: troubleText(error) })
      return false
    }
  }
  return (
    <Switch label={words.straight(name)} hint={words.straightSays(name)} on={addresses === 'shown'} onSwitch={show} />
  )
}
