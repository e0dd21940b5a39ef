// What can be sent, behind one button: files, a folder, a clip of oneself or of the screen. What a browser cannot do is not offered.

import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { Button, IconButton } from '../look/button.tsx'
import { AttachIcon, PlusIcon } from '../look/icons.tsx'
import { useWords } from '../words/words.ts'
import { FilePicker } from './file-picker.tsx'
import type { GivenFile } from './given-file.ts'
import { CameraIcon, FileIcon, FolderIcon, ScreenIcon } from './icons.tsx'
import { canRecord } from './record-types.ts'
import './attach.css'

/** camera: with the microphone. screen: with its sound, where it gives any. */
export type Recorded = 'camera' | 'screen'

/** Between the button and what it opens, px. */
const GAP_PX = 4

export interface AttachProps {
  /** Words on the button; a sign alone where there are none. */
  readonly label?: string
  readonly onFiles: (given: readonly GivenFile[]) => void
  readonly onRecord: (what: Recorded) => void
}

export function Attach({ label, onFiles, onRecord }: AttachProps) {
  const words = useWords().cards
  const [open, setOpen] = useState<Place>()
  const id = useId()
  const place = useRef<HTMLDivElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (!open) return
    place.current?.querySelector<HTMLButtonElement>('.attach-list button')?.focus()
    const outside = (event: Event) => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) setOpen(undefined)
    }
    document.addEventListener('pointerdown', outside)
    document.addEventListener('focusin', outside)
    const away = () => setOpen(undefined)
    addEventListener('resize', away)
    return () => {
      removeEventListener('resize', away)
      document.removeEventListener('pointerdown', outside)
      document.removeEventListener('focusin', outside)
    }
  }, [open])
  const toggle = {
    'aria-expanded': open !== undefined,
    'aria-controls': id,
    onClick: () => setOpen(open || !place.current ? undefined : above(place.current)),
  }
  const give = (chosen: readonly File[]) => onFiles(chosen.map((file) => ({ file, folder: foldersOf(file) })))
  const choose = (run: () => void) => () => {
    setOpen(undefined)
    place.current?.querySelector<HTMLButtonElement>('button')?.focus()
    run()
  }
  return (
    <div
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        event.stopPropagation()
        choose(() => undefined)()
      }}
    >
      {label === undefined ? (
        <IconButton name={words.attach} {...toggle}>
          <AttachIcon />
        </IconButton>
      ) : (
        <Button icon={<PlusIcon />} {...toggle}>
          {label}
        </Button>
      )}
      <ul className="attach-list" id={id} hidden={!open} style={open}>
        <Choice icon={<FileIcon />} name={words.addFiles} onPress={choose(() => files.current?.click())} />
        {'webkitdirectory' in HTMLInputElement.prototype && (
          <Choice icon={<FolderIcon />} name={words.addFolder} onPress={choose(() => folder.current?.click())} />
        )}
        {canRecord('camera') && (
          <Choice icon={<CameraIcon />} name={words.recordCamera} onPress={choose(() => onRecord('camera'))} />
        )}
        {canRecord('screen') && (
          <Choice icon={<ScreenIcon />} name={words.recordScreen} onPress={choose(() => onRecord('screen'))} />
        )}
      </ul>
      <FilePicker of={files} onFiles={give} />
      <FilePicker of={folder} onFiles={give} isFolder />
    </div>
  )
}

interface Place {
  readonly insetBlockEnd: number
  readonly insetInlineStart: number
}

/** Over the button, whatever scrolls around it, px. */
function above(button: HTMLElement): Place {
  const { top, left, right } = button.getBoundingClientRect()
  const isRightToLeft = getComputedStyle(button).direction === 'rtl'
  return {
    insetBlockEnd: innerHeight - top + GAP_PX,
    insetInlineStart: isRightToLeft ? document.documentElement.clientWidth - right : left,
  }
}

function Choice({
  icon,
  name,
  onPress,
}: {
  readonly icon: ReactNode
  readonly name: string
  readonly onPress: () => void
}) {
  return (
    <li>
      <Button kind="quiet" wide icon={icon} onClick={onPress}>
        {name}
      </Button>
    </li>
  )
}

/** `webkitRelativePath` is `folder/below/name`, empty for a file chosen by itself (File and Directory Entries API). */
function foldersOf({ webkitRelativePath }: File): readonly string[] {
  return webkitRelativePath.split('/').slice(0, -1)
}
