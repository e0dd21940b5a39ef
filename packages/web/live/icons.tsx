// Signs of live pictures, drawn as all others are.

import { icon } from '../look/icons.tsx'

export const ShowIcon = icon(
  <>
    <circle cx="12" cy="12" r="3" />
    <path d="M6.5 6.5a7.8 7.8 0 0 0 0 11M17.5 6.5a7.8 7.8 0 0 1 0 11" />
  </>,
)
export const MicIcon = icon(
  <>
    <rect x="9" y="3.5" width="6" height="11" rx="3" />
    <path d="M5.5 12a6.5 6.5 0 0 0 13 0M12 18.5v2.5" />
  </>,
)
export const MicOffIcon = icon(
  <>
    <path d="M9 9.5v2a3 3 0 0 0 4.6 2.5M15 11V6.5a3 3 0 0 0-5.6-1.5" />
    <path d="M5.5 12a6.5 6.5 0 0 0 10 5.5M18.5 12a6.5 6.5 0 0 1-.6 2.7M12 18.5v2.5M4 4l16 16" />
  </>,
)
export const SoundIcon = icon(
  <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />,
)
export const SoundOffIcon = icon(<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 10l4.5 4.5M20.5 10L16 14.5" />)
export const RecordIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.25" />
    <circle cx="12" cy="12" r="3.5" fill="currentColor" />
  </>,
)
