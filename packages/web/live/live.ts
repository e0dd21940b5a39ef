// The live room as components use it. Whoever never shows or watches anything loads none of what does it.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { useDevice } from '../device.ts'
import { createLiveRoom, type LiveNews, type LiveRoom, type LiveState } from './live-room.ts'

const LiveContext = createContext<LiveRoom | undefined>(undefined)
export const LiveProvider = LiveContext.Provider

/** One for as long as the frame stands. */
export function useNewLiveRoom(): LiveRoom {
  const device = useDevice()
  const [room] = useState(() => createLiveRoom(device))
  useEffect(() => () => room.close(), [room])
  return room
}

export function useLiveRoom(): LiveRoom {
  const room = useContext(LiveContext)
  if (!room) throw new Error('There is no LiveProvider around this component.')
  return room
}

export function useLive(): LiveState {
  const room = useLiveRoom()
  return useSyncExternalStore(room.subscribe, () => room.now)
}

export function useLiveNews(hear: (news: LiveNews) => void): void {
  const room = useLiveRoom()
  useEffect(() => room.onNews(hear), [room, hear])
}
