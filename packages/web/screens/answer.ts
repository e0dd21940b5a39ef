// What the device answers to one question, asked once when a screen opens; whoever has left is told nothing.

import { useEffect, useState } from 'react'
import { useDevice } from '../device.ts'
import type { DeviceConnection } from '../device-connection.ts'

/** Undefined until it is known, and where it could not be known. `ask`: the same function each time. */
export function useAnswer<T>(ask: (device: DeviceConnection) => Promise<T>): T | undefined {
  const device = useDevice()
  const [answer, setAnswer] = useState<T>()
  useEffect(() => {
    let here = true
    void ask(device).then(
      (found) => {
        if (here) setAnswer(() => found)
      },
      () => undefined,
    )
    return () => {
      here = false
    }
  }, [device, ask])
  return answer
}
