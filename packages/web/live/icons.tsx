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
    <path d="M9 9.5v2a3 3 0 0 0 4.6 2.5M15 11V6.500a3 3 0 0 0-5.6-1.5" />
    <path d="M5.5 12a6.5 6.5 0 0 0 10 5.500M18.5 12a6.5 6.5 0 0 1-.600 2.700M12 18.500v2.500M4 4l16 16" />
  </>,
)
export const SoundIcon = icon(
  <path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.500a7.8 7.8 0 0 1 0 11" />,
)
export const SoundOffIcon = icon(<path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500zM16 10l4.5 4.500M20.5 10L16 14.5" />)
export const RecordIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.25" />
    <circle cx="12" cy="12" r="3.5" fill="currentColor" />
  </>,
)
