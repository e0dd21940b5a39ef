// Kept copies: what of others' media lies in this browser, how much room that takes, and how to clear it away.

import { useCallback, useEffect, useState } from 'react'
import { doUnlessUndone, useUndoable } from '../cards/undoable.ts'
import { useAsked, useDevice, useDeviceChange } from '../device.ts'
import type { KeptMedia, StorageState } from '../device-connection.ts'
import { Button } from '../look/button.tsx'
import { ProgressLine } from '../look/progress-line.tsx'
import { useFormats, useWords } from '../words/words.ts'
import './storage-page.css'

const ALL = 'kept all'
const keyOf = ({ id, root }: KeptMedia) => `kept ${id} ${root}`

export function StoragePage() {
  const words = useWords().play
  const formats = useFormats()
  const device = useDevice()
  const { storage, lookAgain } = useStorageState()
  const allCleared = useUndoable(ALL)
  if (!storage) return <section className="storage" aria-busy="true" />
  const { usedBytes, quotaBytes, persisted, kept } = storage
  const drop = async (what: readonly KeptMedia[]) => {
    await Promise.allSettled(what.map(({ id, root }) => device.dropKept({ id, root })))
    lookAgain()
  }
  const shown = allCleared ? [] : kept
  return (
    <section className="storage">
      <h1>{words.storage}</h1>
      <p className="quiet">{words.storageSays}</p>
      <ProgressLine
        share={quotaBytes > 0 ? usedBytes / quotaBytes : 0}
        label={words.storage}
        words={words.used(formats.size(usedBytes), formats.size(quotaBytes))}
      />
      {!persisted && <p className="small quiet">{words.mayBeCleared}</p>}
      <Offer />
      {shown.length === 0 ? (
        <p>{words.nothingKept}</p>
      ) : (
        <>
          <ul className="storage-list">
            {shown.map((media) => (
              <KeptRow key={keyOf(media)} media={media} onDrop={() => void drop([media])} />
            ))}
          </ul>
          <Button kind="bad" onClick={() => doUnlessUndone(ALL, words.clearedAll, () => void drop(kept))}>
            {words.clearAll}
          </Button>
        </>
      )}
    </section>
  )
}

function KeptRow({ media, onDrop }: { readonly media: KeptMedia; readonly onDrop: () => void }) {
  const words = useWords().play
  const formats = useFormats()
  const { name, sizeBytes, hereBytes } = media
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
  const device = useDevice()
  const { value, again } = useAsked('prefs', {}, ['preferences'])
  const [wish, setWish] = useState<boolean>()
  const isOffered = wish ?? value?.serve.copies
  if (isOffered === undefined) return null
  const change = async (copies: boolean) => {
    setWish(copies)
    try {
      await device.do('prefs.change', { edits: [{ set: { serve: { copies } } }] })
      again()
    } catch {
      // It stays as it is, and is shown as it is.
      setWish(undefined)
    }
  }
  return (
    <label className="storage-offer">
      <input type="checkbox" checked={isOffered} onChange={({ target }) => void change(target.checked)} />
      <span>
        {words.offer}
        <span className="small quiet">{words.offerSays}</span>
      </span>
    </label>
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
