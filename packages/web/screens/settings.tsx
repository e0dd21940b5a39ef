// Settings: a list of parts, each a screen of its own.

import { lazy, type ReactNode } from 'react'
import {
  DevicesIcon,
  FilmIcon,
  ForwardIcon,
  InfoIcon,
  LinkIcon,
  PersonIcon,
  SendIcon,
  ServerIcon,
  ShieldIcon,
  StorageIcon,
} from '../look/icons.tsx'
import { ListRow } from '../look/list-row.tsx'
import { useAsked } from '../device.ts'
import { href } from '../route.ts'
import { useWords, type Words } from '../words/words.ts'
import { Page, Part } from './page.tsx'
import { Account } from './settings/account.tsx'
import { About } from './settings/about.tsx'
import { Fetching } from './settings/fetching.tsx'
import { OwnDevicesPage } from './settings/own-devices.tsx'
import { Sending } from './settings/sending.tsx'
import { Sharing } from './settings/sharing.tsx'
import './settings.css'

const OwnLinks = lazy(async () => ({ default: (await import('../link/own-links.tsx')).OwnLinks }))
const StoragePage = lazy(async () => ({ default: (await import('../play/storage-page.tsx')).StoragePage }))

type Name = keyof Words['settings']['parts']

const SIGNS: Readonly<Record<Name, ReactNode>> = {
  account: <PersonIcon />,
  devices: <DevicesIcon />,
  fetching: <FilmIcon />,
  sharing: <ShieldIcon />,
  sending: <SendIcon />,
  links: <LinkIcon />,
  storage: <StorageIcon />,
  about: <InfoIcon />,
}

export function Settings({ part }: { readonly part: string | undefined }) {
  const words = useWords()
  const names = Object.keys(SIGNS) as Name[]
  // Answered to whoever runs the server alone.
  const { value: admin } = useAsked('admin', part === undefined ? {} : undefined)
  const name = names.find((one) => one === part)
  if (name) {
    return (
      <Page title={words.settings.parts[name]} back={href('settings')}>
        <Inside name={name} />
      </Page>
    )
  }
  return (
    <Page title={words.shell.settings}>
      <Part>
        <ul className="part-rows">
          {names.map((one) => (
            <li key={one}>
              <ListRow
                to={href('settings', one)}
                before={<span className="settings-sign">{SIGNS[one]}</span>}
                title={words.settings.parts[one]}
                below={words.settings.below[one]}
                after={<ForwardIcon />}
              />
            </li>
          ))}
          {admin && (
            <li>
              <ListRow
                to={href('admin')}
                before={
                  <span className="settings-sign">
                    <ServerIcon />
                  </span>
                }
                title={words.settings.admin}
                below={words.settings.adminBelow}
                after={<ForwardIcon />}
              />
            </li>
          )}
        </ul>
      </Part>
    </Page>
  )
}

function Inside({ name }: { readonly name: Name }) {
  switch (name) {
    case 'account':
      return <Account />
    case 'devices':
      return <OwnDevicesPage />
    case 'fetching':
      return <Fetching />
    case 'sharing':
      return <Sharing />
    case 'sending':
      return <Sending />
    case 'links':
      return <OwnLinks />
    case 'storage':
      return <StoragePage />
    case 'about':
      return <About />
  }
}
