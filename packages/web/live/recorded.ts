// What was recorded of a showing is given to the conversation it belonged to, once, when that is open.

import { useEffect, useRef } from 'react'
import { useLive, useLiveRoom } from './live.ts'

export function useRecorded(conversation: string, give: (file: File) => void): void {
  const room = useLiveRoom()
  const { recorded } = useLive()
  const isHere = recorded?.conversation === conversation
  const newest = useRef(give)
  useEffect(() => {
    newest.current = give
  })
  useEffect(() => {
    const file = isHere ? room.takeRecorded() : undefined
    if (file) newest.current(file)
  }, [room, isHere])
}
