// Icons: drawn on a 24 px grid with one stroke, in the colour of the text around them. They never stand for a word: a name is
// on the button, seen or unseen.

import type { ReactNode } from 'react'

export interface IconProps {
  /** Side, px; 20 where nothing is said. */
  readonly size?: number
}

/** Draws one; rooms with signs of their own do so by it. */
export function icon(shape: ReactNode) {
  return function Icon({ size = 20 }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {shape}
      </svg>
    )
  }
}

/** A sign that is turned round where the text runs from right to left. */
function directed(shape: ReactNode) {
  const Plain = icon(shape)
  return function Directed(props: IconProps) {
    return (
      <span className="directed">
        <Plain {...props} />
      </span>
    )
  }
}

export const BackIcon = directed(<path d="M15 5l-7 7 7 7" />)
export const ForwardIcon = directed(<path d="M9 5l7 7-7 7" />)
export const DownIcon = icon(<path d="M5 9l7 7 7-7" />)
export const CloseIcon = icon(<path d="M6 6l12 12M18 6L6 18" />)
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />)
export const CheckIcon = icon(<path d="M5 12.5l4.5 4.5L19 7.5" />)
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.25" />
    <path d="M12 7.5V12l3 2" />
  </>,
)
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.25" />
    <path d="M16 16l4 4" />
  </>,
)
export const SendIcon = directed(<path d="M4.5 12h14M12.5 6l6 6-6 6" />)
export const AttachIcon = icon(
  <path d="M19 11.5l-7.2 7.2a4.5 4.5 0 0 1-6.4-6.4l7.6-7.5a3 3 0 0 1 4.2 4.2l-7.5 7.5a1.5 1.5 0 0 1-2.1-2.1l6.7-6.7" />,
)
export const FilmIcon = icon(
  <>
    <rect x="3.5" y="5" width="17" height="14" rx="2" />
    <path d="M10 9.2l5 2.8-5 2.8z" />
  </>,
)
export const PersonIcon = icon(
  <>
    <circle cx="12" cy="8.5" r="3.75" />
    <path d="M4.75 20c.8-3.7 3.7-5.5 7.25-5.5s6.45 1.8 7.25 5.5" />
  </>,
)
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="9" r="3.25" />
    <path d="M2.75 19c.6-3.2 3.1-4.75 6.25-4.75s5.65 1.55 6.25 4.75M15.5 5.9a3.25 3.25 0 0 1 0 6.2M17.75 14.7c2 .7 3.2 2.2 3.6 4.3" />
  </>,
)
export const SettingsIcon = icon(
  <>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9M4 12h1M9 12h11" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="7" cy="12" r="2" />
    <circle cx="9" cy="17" r="2" />
  </>,
)
export const DevicesIcon = icon(
  <>
    <rect x="3" y="5" width="13" height="10" rx="1.5" />
    <path d="M2 18.5h11" />
    <rect x="16" y="9" width="5.5" height="10.5" rx="1.5" />
  </>,
)
export const ShieldIcon = icon(<path d="M12 3.5l7 2.5v5.5c0 4.3-2.8 7.5-7 9-4.2-1.5-7-4.7-7-9V6z" />)
export const WarnIcon = icon(
  <>
    <path d="M12 4l9 16H3z" />
    <path d="M12 10v4.5M12 17.3v.1" />
  </>,
)
export const BlockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.25" />
    <path d="M6.2 6.2l11.6 11.6" />
  </>,
)
export const BellIcon = icon(<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10 21h4" />)
export const StorageIcon = icon(
  <>
    <ellipse cx="12" cy="6" rx="7.5" ry="2.75" />
    <path d="M4.5 6v12c0 1.5 3.4 2.75 7.5 2.75s7.5-1.25 7.5-2.75V6M4.5 12c0 1.5 3.4 2.75 7.5 2.75s7.5-1.25 7.5-2.75" />
  </>,
)
export const ServerIcon = icon(
  <>
    <rect x="3.75" y="4.5" width="16.5" height="6.5" rx="1.75" />
    <rect x="3.75" y="13" width="16.5" height="6.5" rx="1.75" />
    <path d="M7.25 7.75v.1M7.25 16.25v.1M11 7.75h5.5M11 16.25h5.5" />
  </>,
)
export const InfoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.25" />
    <path d="M12 11v5M12 7.9v.1" />
  </>,
)
export const LinkIcon = icon(
  <path d="M10 14a3.8 3.8 0 0 0 5.4 0l3.5-3.5a3.8 3.8 0 0 0-5.4-5.4L12.3 6.3M14 10a3.8 3.8 0 0 0-5.4 0l-3.5 3.5a3.8 3.8 0 0 0 5.4 5.4l1.2-1.2" />,
)
export const CopyIcon = icon(
  <>
    <rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2" />
    <path d="M15.5 5.5A1.5 1.5 0 0 0 14 4H5.5A1.5 1.5 0 0 0 4 5.5V14a1.5 1.5 0 0 0 1.5 1.5" />
  </>,
)
export const LockIcon = icon(
  <>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2" />
    <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
  </>,
)
export const OfflineIcon = icon(
  <path d="M4 4l16 16M8.5 12.5a5.5 5.5 0 0 1 2-1.2M5 9.2A11 11 0 0 1 8.3 7M12 5.5c2.7 0 5.2 1.1 7 3M15.5 12.5l-.8-.6M12 17.5v.1" />,
)
export const BellOffIcon = icon(<path d="M8 6.5A6 6 0 0 1 18 11v4M6 10v7l-1.5 1.5H17M10 21h4M4 4l16 16" />)
export const TrashIcon = icon(<path d="M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5" />)
export const UpIcon = icon(<path d="M5 15l7-7 7 7" />)
