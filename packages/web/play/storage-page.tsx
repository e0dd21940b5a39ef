// Kept copies: what of others' media lies in this browser, how much room that takes, and how to clear it away.

import { useCallback, useEffect, useState } from 'react'
import { doUnlessUndone, useUndoable } from '../cards/undoable.ts'
import { useDevice, useDeviceChange } from '../device.ts'
import type { KeptMedia, StorageState } from '../device-connection.ts'
import { Button } from '../look/button.tsx'
import { Switch } from '../look/field.tsx'
import { MoreRows } from '../look/more-rows.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { Part } from '../screens/page.tsx'
import { useWishes } from '../screens/settings/wishes.ts'
import { useFormats, useWords } from '../words/words.ts'
import { shownName } from '../look/shown-name.ts'
import './storage-page.css'

/** Rows at first. */
const ROWS = 100
const ALL = 'kept all'
const keyOf = ({ id, root }: KeptMedia) => `kept ${id} ${root}`

export function StoragePage() {
  const words = useWords().play
  const formats = useFormats()
  const device = useDevice()
  const { storage, lookAgain } = useStorageState()
  const allCleared = useUndoable(ALL)
  if (!storage) return <div aria-busy="true" />
  const { usedBytes, quotaBytes, persisted, kept } = storage
  const drop = async (what: readonly KeptMedia[]) => {
    await Promise.allSettled(what.map(({ id, root }) => device.dropKept({ id, root })))
    lookAgain()
  }
  const shown = allCleared ? [] : kept
  return (
    <>
      <Part says={words.storageSays}>
        {quotaBytes > 0 ? (
          <ProgressLine
            share={usedBytes / quotaBytes}
            label={words.storage}
            words={words.used(formats.size(usedBytes), formats.size(quotaBytes))}
          />
        ) : (
          <p>{words.roomUnknown(formats.size(kept.reduce((sum, { hereBytes }) => sum + hereBytes, 0)))}</p>
        )}
        {!persisted && <p className="small quiet">{words.mayBeCleared}</p>}
        <Offer />
      </Part>
      <Part>
        {shown.length === 0 && <p>{words.nothingKept}</p>}
        <MoreRows all={shown} step={ROWS}>
          {(media) => <KeptRow key={keyOf(media)} media={media} onDrop={() => void drop([media])} />}
        </MoreRows>
        {shown.length > 0 && (
          <div className="part-buttons">
            <Button kind="bad" onClick={() => doUnlessUndone(ALL, words.clearedAll, () => void drop(kept))}>
              {words.clearAll}
            </Button>
          </div>
        )}
      </Part>
    </>
  )
}

function KeptRow({ media, onDrop }: { readonly media: KeptMedia; readonly onDrop: () => void }) {
  const words = useWords().play
  const formats = useFormats()
  const { sizeBytes, hereBytes } = media
  const name = shownName(media.name)
  if (useUndoable(keyOf(media))) return null
  const size = formats.size(sizeBytes)
  return (
    <li className="storage-row">
      <span className="storage-name">
        <bdi>{name}</bdi>
        <span className="small quiet">
          {hereBytes < sizeBytes ? words.partHere(formats.size(hereBytes), size) : size}
        </span>
      </span>
      <Button
        aria-label={words.clearNamed(name)}
        onClick={() => doUnlessUndone(keyOf(media), words.cleared(name), onDrop)}
      >
        {words.clear}
      </Button>
    </li>
  )
}

/** Whether copies are offered to the other recipients of the same message. */
function Offer() {
  const words = useWords().play
  const { value, wrong, change } = useWishes()
  if (!value) return null
  return (
    <>
      <Switch
        label={words.offer}
        hint={words.offerSays}
        on={value.serve.copies}
        onSwitch={(copies) => change({ set: { serve: { copies } } })}
      />
      {wrong !== undefined && <p className="part-wrong">{wrong}</p>}
    </>
  )
}

function useStorageState(): { readonly storage: StorageState | undefined; lookAgain(): void } {
  const device = useDevice()
  const [storage, setStorage] = useState<StorageState>()
  const lookAgain = useCallback(() => {
    // What cannot be told now is told after the next change.
    device.storage().then(setStorage, () => {})
  }, [device])
  useEffect(lookAgain, [lookAgain])
  useDeviceChange(({ what }) => {
    if (what === 'inbox') lookAgain()
  })
  return { storage, lookAgain }
}
