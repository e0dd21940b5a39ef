// A button that reads a code off another screen with the camera. It is there where there is a camera; which is asked for when it is
// pressed, and let go as soon as a code was read.

import { useEffect, useRef, useState } from 'react'
import { CameraIcon } from '../cards/icons.tsx'
import { announce } from '../look/announce.tsx'
import { Button } from '../look/button.tsx'
import { Sheet } from '../look/sheet.tsx'
import { useWords } from '../words/words.ts'
import { useAnswer } from './answer.ts'
import { Wrong } from './page.tsx'
import { hasCamera, readCode } from './read-code.ts'
import './scan-code.css'

/** `name`: on the button and above the picture. `onRead`: once for each press. */
export function ScanCode({ name, onRead }: { readonly name: string; readonly onRead: (text: string) => void }) {
  const can = useAnswer(hasCamera)
  const [scanning, setScanning] = useState(false)
  if (can !== true) return null
  if (!scanning) {
    return (
      <div className="part-buttons">
        <Button icon={<CameraIcon />} onClick={() => setScanning(true)}>
          {name}
        </Button>
      </div>
    )
  }
  const read = (text: string) => {
    setScanning(false)
    onRead(text)
  }
  return (
    <Sheet title={name} onClose={() => setScanning(false)}>
      <Camera onRead={read} />
    </Sheet>
  )
}

function Camera({ onRead }: { readonly onRead: (text: string) => void }) {
  const { people } = useWords()
  const video = useRef<HTMLVideoElement>(null)
  const [wrong, setWrong] = useState<string>()
  const told = useRef({ onRead, people })
  useEffect(() => {
    told.current = { onRead, people }
  })
  useEffect(() => {
    const stop = new AbortController()
    void (async () => {
      let stream: MediaStream | undefined
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
        const place = video.current
        if (stop.signal.aborted || !place) return
        place.srcObject = stream
        place.scrollIntoView({ block: 'nearest' })
        const text = await readCode(place, stop.signal)
        announce(told.current.people.scanned)
        told.current.onRead(text)
      } catch (error) {
        if (stop.signal.aborted) return
        const name = error instanceof DOMException ? error.name : ''
        setWrong(name === 'NotFoundError' ? told.current.people.scanNone : told.current.people.scanRefused)
      } finally {
        for (const track of stream?.getTracks() ?? []) track.stop()
      }
    })()
    return () => stop.abort()
  }, [])
  return (
    <>
      <p className="part-says">{people.scanSays}</p>
      {wrong === undefined && (
        <video ref={video} className="scan-picture" aria-label={people.scanPicture} autoPlay muted playsInline />
      )}
      <Wrong says={wrong} />
    </>
  )
}
