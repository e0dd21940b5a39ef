// In the head of a conversation: the way to show what one sees, and to watch what somebody there shows.

import { ACK_WINDOW_MAX } from '@doorpost/protocol/live/limits'
import { useEffect, useId, useRef, useState } from 'react'
import { CameraIcon, ImageIcon, ScreenIcon } from '../cards/icons.tsx'
import { Button, IconButton } from '../look/button.tsx'
import { Select } from '../look/select.tsx'
import { replaceWith } from '../route.ts'
import { useWords } from '../words/words.ts'
import type { Shown } from './camera.ts'
import { ShowIcon } from './icons.tsx'
import { useLive, useLiveRoom } from './live.ts'
import './show-button.css'

/** As many as any path may have under way. */
const MANY = `${ACK_WINDOW_MAX}` as const
type AckWindow = 'auto' | '1' | typeof MANY

export interface Other {
  readonly address: string
  readonly name: string
}

/** `begun`: it was already said that something is to be shown, and only what is left to say. */
export function ShowButton({
  conversation,
  others,
  begun,
}: {
  readonly conversation: string
  readonly others: readonly Other[]
  readonly begun: boolean
}) {
  const words = useWords().live
  const room = useLiveRoom()
  const { showing, watching } = useLive()
  const [open, setOpen] = useState(begun)
  const [ackWindow, setAckWindow] = useState<AckWindow>('auto')
  const id = useId()
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!begun) return
    // Loading again, or coming back, is not saying it again.
    replaceWith('with', conversation)
    // The heading of the screen has taken the focus by then.
    queueMicrotask(() => place.current?.querySelector<HTMLElement>('.show-choices button')?.focus())
  }, [begun, conversation])
  useEffect(() => {
    if (!open) return
    const away = ({ target }: PointerEvent) => {
      if (target instanceof Node && place.current?.contains(target) !== true) setOpen(false)
    }
    document.addEventListener('pointerdown', away)
    return () => document.removeEventListener('pointerdown', away)
  }, [open])
  const choose = (what: Shown) => () => {
    setOpen(false)
    void room.show(
      what,
      others.map(({ address }) => address),
      conversation,
      ackWindow === 'auto' ? undefined : Number(ackWindow),
    )
  }
  const unwatched = others.filter(({ address }) => !watching.some(({ user }) => user === address))
  const { mediaDevices } = navigator
  return (
    <div
      className="show"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        event.stopPropagation()
        setOpen(false)
        place.current?.querySelector('button')?.focus()
      }}
    >
      <IconButton name={words.show} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <ShowIcon />
      </IconButton>
      <div className="show-choices" id={id} hidden={!open}>
        {!showing && mediaDevices !== undefined && (
          <>
            <p>{words.showTo(others.map(({ name }) => name))}</p>
            <Button kind="quiet" wide icon={<CameraIcon />} onClick={choose('camera')}>
              {words.showCamera}
            </Button>
            {'getDisplayMedia' in mediaDevices && (
              <Button kind="quiet" wide icon={<ScreenIcon />} onClick={choose('screen')}>
                {words.showScreen}
              </Button>
            )}
            <Button kind="quiet" wide icon={<ImageIcon />} onClick={choose('stills')}>
              {words.showStills}
            </Button>
            <details>
              <summary>{words.details}</summary>
              <Select
                label={words.onItsWay}
                value={ackWindow}
                onChoose={setAckWindow}
                choices={[
                  { value: 'auto', name: words.onItsWayAuto },
                  { value: '1', name: words.onItsWayOne },
                  { value: MANY, name: words.onItsWayMany },
                ]}
              />
            </details>
          </>
        )}
        {unwatched.map(({ address, name }) => (
          <Button
            key={address}
            kind="quiet"
            wide
            icon={<ShowIcon />}
            onClick={() => {
              setOpen(false)
              room.watch(address, conversation)
            }}
          >
            {words.ask(name)}
          </Button>
        ))}
      </div>
    </div>
  )
}
