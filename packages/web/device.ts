// The device as components use it: hooks over DeviceConnection. They hold nothing that the device does not say; what a screen
// shows is asked for again when the device says that it may look otherwise.

import { createContext, useContext, useEffect, useReducer, useRef, useState, useSyncExternalStore } from 'react'
import type {
  DeviceChange,
  DeviceConnection,
  DeviceState,
  OperationName,
  Operations,
  Trouble,
} from './device-connection.ts'

const DeviceContext = createContext<DeviceConnection | undefined>(undefined)

/** Gives the device to everything inside: `<DeviceProvider value={connection}>`. */
export const DeviceProvider = DeviceContext.Provider

export function useDevice(): DeviceConnection {
  const device = useContext(DeviceContext)
  if (!device) throw new Error('There is no DeviceProvider around this component.')
  return device
}

export function useDeviceState(): DeviceState {
  const device = useDevice()
  return useSyncExternalStore(device.onState, () => device.state)
}

/** Operations alone. */
export function usePeer(): Pick<DeviceConnection, 'do'> {
  return useDevice()
}

/** Calls `listener` for every change; it may be another function with each render. */
export function useDeviceChange(listener: (change: DeviceChange) => void): void {
  const device = useDevice()
  const newest = useRef(listener)
  useEffect(() => {
    newest.current = listener
  })
  useEffect(() => device.onChange((change) => newest.current(change)), [device])
}

export interface Asked<Name extends OperationName> {
  /** The newest answer, also while it is asked again. */
  readonly value: Operations[Name]['result'] | undefined
  readonly trouble: Trouble | undefined
  again(): void
}

/**
 * What an operation answers, kept fresh: asked at once, and again after any change of the kinds in `after`; not more than one question is under
 * way, however many changes come. `args` are compared as JSON. Nothing is asked while `args` is undefined. `keeps`: the answer to other args
 * stands until there is one to these.
 */
export function useAsked<Name extends OperationName>(
  name: Name,
  args: Operations[Name]['args'] | undefined,
  after: readonly DeviceChange['what'][] = [],
  { keeps = false }: { readonly keeps?: boolean } = {},
): Asked<Name> {
  const device = useDevice()
  const question = args === undefined ? undefined : `${name} ${JSON.stringify(args)}`
  const [answer, setAnswer] = useState<{
    readonly question: string
    readonly value?: Operations[Name]['result']
    readonly trouble?: Trouble
  }>()
  const [round, again] = useReducer((count: number) => count + 1, 0)
  const underWay = useRef({ isAsking: false, isOld: false })
  useDeviceChange(({ what }) => {
    if (!after.includes(what)) return
    // What hangs on the line may hang for ever: it is asked anew at once.
    if (underWay.current.isAsking && what !== 'line') underWay.current.isOld = true
    else again()
  })
  const newest = useRef(args)
  useEffect(() => {
    newest.current = args
  })
  useEffect(() => {
    const asked = newest.current
    if (question === undefined || asked === undefined) return
    const stop = new AbortController()
    const mine = { isAsking: true, isOld: false }
    underWay.current = mine
    const answered = () => {
      mine.isAsking = false
      if (mine.isOld) again()
    }
    device.do(name, asked, { signal: stop.signal }).then(
      (value) => {
        if (stop.signal.aborted) return
        setAnswer({ question, value })
        answered()
      },
      (error: unknown) => {
        if (stop.signal.aborted) return
        answered()
        // Operations throw nothing else.
        const trouble = error as Trouble
        // What was known stays to be seen.
        setAnswer((before) => (before?.question === question ? { ...before, trouble } : { question, trouble }))
      },
    )
    return () => {
      mine.isAsking = false
      stop.abort()
    }
  }, [device, name, question, round])
  const now = keeps || answer?.question === question ? answer : undefined
  return { value: now?.value, trouble: now?.trouble, again }
}
