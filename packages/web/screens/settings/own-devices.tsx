// Your devices: which there are, adding one by a code, revoking one.

import { useEffect, useState } from 'react'
import type { OwnDevices } from '../../device-connection.ts'
import { useAsked, usePeer } from '../../device.ts'
import { Badge } from '../../look/badge.tsx'
import { Button } from '../../look/button.tsx'
import { DevicesIcon, PlusIcon } from '../../look/icons.tsx'
import { ListRow } from '../../look/list-row.tsx'
import { Sheet } from '../../look/sheet.tsx'
import { toast } from '../../look/toast.tsx'
import { troubleText, useFormats, useWords } from '../../words/words.ts'
import { CopyButton } from '../copy-button.tsx'
import { useDoing } from '../doing.ts'
import { useNow } from '../now.ts'
import { Part, Wrong } from '../page.tsx'
import { Qr } from '../qr.tsx'
import '../invite.css'

export function OwnDevicesPage() {
  const { settings } = useWords()
  const { value, trouble, again } = useAsked('devices', {}, ['devices', 'people', 'line'])
  const [adding, setAdding] = useState(false)
  return (
    <>
      <Part says={settings.devicesSays}>
        {trouble && <p role="alert">{troubleText(trouble)}</p>}
        <ul className="part-rows">
          {value?.devices.map((device) => (
            <li key={device.name}>
              <DeviceRow device={device} canSign={value.canSign} onRevoked={again} />
            </li>
          ))}
        </ul>
      </Part>
      {value?.canSign === false && (
        <Part says={settings.devicesOnly}>
          <></>
        </Part>
      )}
      {value?.canSign &&
        (adding ? (
          <AddDevice
            onClose={() => {
              setAdding(false)
              again()
            }}
          />
        ) : (
          <Part>
            <div className="part-buttons">
              <Button kind="main" icon={<PlusIcon />} onClick={() => setAdding(true)}>
                {settings.deviceAdd}
              </Button>
            </div>
          </Part>
        ))}
    </>
  )
}

function DeviceRow({
  device,
  canSign,
  onRevoked,
}: {
  readonly device: OwnDevices['devices'][number]
  readonly canSign: boolean
  readonly onRevoked: () => void
}) {
  const words = useWords()
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const [asked, setAsked] = useState(false)
  const { busy, wrong, run } = useDoing()
  const { name, createdAt, revokedAt, primary, thisOne, online } = device
  const facts = [
    ...(thisOne ? [words.settings.thisOne] : []),
    ...(primary ? [words.settings.firstOne] : []),
    revokedAt === undefined
      ? words.people.deviceSince(formats.when(createdAt, now))
      : words.people.deviceGone(formats.when(revokedAt, now)),
  ]
  return (
    <>
      <ListRow
        before={
          <span className="settings-sign">
            <DevicesIcon />
          </span>
        }
        title={<bdi>{name}</bdi>}
        below={facts.join(' · ')}
        after={
          <>
            {online && <Badge tone="good">{words.talk.online}</Badge>}
            {canSign && !thisOne && !primary && revokedAt === undefined && !asked && (
              <Button kind="bad" aria-label={words.settings.revokeOf(name)} onClick={() => setAsked(true)}>
                {words.settings.revoke}
              </Button>
            )}
          </>
        }
      />
      {asked && (
        <Sheet title={words.settings.revokeOf(name)} onClose={() => setAsked(false)}>
          <p>{words.settings.revokeSays(name)}</p>
          <div className="part-buttons">
            <Button
              kind="bad"
              disabled={busy}
              onClick={() =>
                void run(async () => {
                  await peer.do('devices.revoke', { name })
                  setAsked(false)
                  toast({ text: words.settings.revoked(name) })
                  onRevoked()
                })
              }
            >
              {words.settings.revokeOf(name)}
            </Button>
          </div>
          <Wrong says={wrong} />
        </Sheet>
      )}
    </>
  )
}

interface Offer {
  readonly code: string
  readonly link: string
  readonly expires: string
}

/** A code is made, a device uses it, both show the same number, and one press adds it. */
function AddDevice({ onClose }: { readonly onClose: () => void }) {
  const { settings } = useWords()
  const formats = useFormats()
  const now = useNow()
  const peer = usePeer()
  const [offer, setOffer] = useState<Offer>()
  const [asks, setAsks] = useState<{ readonly name: string; readonly fingerprint: string }>()
  const [trouble, setTrouble] = useState<string>()
  const { busy, wrong, run } = useDoing()
  useEffect(() => {
    const stop = new AbortController()
    void (async () => {
      try {
        const made = await peer.do('devices.offer', {}, { signal: stop.signal })
        if (stop.signal.aborted) return
        setOffer(made)
        const found = await peer.do('devices.await', { code: made.code }, { signal: stop.signal })
        if (!stop.signal.aborted) setAsks(found)
      } catch (error) {
        if (!stop.signal.aborted) setTrouble(troubleText(error))
      }
    })()
    return () => stop.abort()
  }, [peer])
  const decide = (yes: boolean) =>
    run(async () => {
      if (!offer || !asks) return
      await peer.do('devices.confirm', { code: offer.code, fingerprint: asks.fingerprint, yes })
      toast({ text: yes ? settings.deviceAdded(asks.name) : settings.deviceRefused(asks.name) })
      onClose()
    })
  return (
    <Sheet title={asks ? settings.deviceAsks(asks.name) : settings.deviceAdd} onClose={onClose}>
      {asks ? (
        <div className="settings-form" role="status">
          <p>{settings.deviceCompare}</p>
          <p className="code" dir="ltr">
            {asks.fingerprint}
          </p>
          <div className="part-buttons">
            <Button kind="main" disabled={busy} onClick={() => void decide(true)}>
              {settings.deviceYes}
            </Button>
            <Button disabled={busy} onClick={() => void decide(false)}>
              {settings.deviceNo}
            </Button>
          </div>
        </div>
      ) : (
        offer && (
          <>
            <p className="part-says">{settings.deviceAddSays}</p>
            <div className="invite">
              <Qr text={offer.link} name={settings.deviceQr} />
              <div className="invite-words">
                <div>
                  <p className="quiet small">{settings.deviceCode}</p>
                  <p className="code" dir="ltr">
                    {offer.code}
                  </p>
                </div>
                <p className="quiet small">
                  {settings.deviceUntil(formats.duration(Math.max(0, Date.parse(offer.expires) - now)))}
                </p>
                <div className="part-buttons">
                  <CopyButton text={offer.code} />
                </div>
              </div>
            </div>
          </>
        )
      )}
      <Wrong says={wrong ?? trouble} />
    </Sheet>
  )
}
