// Signs of cards, drawn as those of look/icons.tsx.

import { icon, WarnIcon } from '../look/icons.tsx'

export const FetchIcon = icon(<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14" />)
export const PauseIcon = icon(<path d="M8.5 5.5v13M15.5 5.5v13" strokeWidth="2.5" />)
export const PlayIcon = icon(<path d="M8 5.5l10.5 6.5L8 18.5z" />)
export const SaveIcon = icon(
  <>
    <path d="M12 4v9M8 9.5l4 4 4-4" />
    <path d="M4.5 14.5v4A1.5 1.5 0 0 0 6 20h12a1.5 1.5 0 0 0 1.5-1.5v-4" />
  </>,
)
export const FolderIcon = icon(
  <path d="M3.5 7A1.5 1.5 0 0 1 5 5.5h4l2 2.5h8A1.5 1.5 0 0 1 20.5 9.5V17a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 17z" />,
)
export const FileIcon = icon(
  <path d="M13.5 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5zM13.5 3.5v5h5" />,
)
export const SoundIcon = icon(
  <>
    <path d="M9 17.5V6l10-2v11.5" />
    <circle cx="6.5" cy="17.5" r="2.5" />
    <circle cx="16.5" cy="15.5" r="2.5" />
  </>,
)
export const ImageIcon = icon(
  <>
    <rect x="3.5" y="5" width="17" height="14" rx="2" />
    <path d="M3.5 16l5-5 4 4 2.5-2.5 5.5 5" />
    <circle cx="15.5" cy="9.5" r="1.25" />
  </>,
)
export const CameraIcon = icon(
  <>
    <rect x="3" y="6.5" width="12.5" height="11" rx="2" />
    <path d="M15.5 10.5l5.5-3v9l-5.5-3z" />
  </>,
)
export const ScreenIcon = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="1.5" />
    <path d="M9 20h6M12 16.5V20" />
  </>,
)
export const DeviceIcon = icon(
  <>
    <rect x="4.5" y="5.5" width="15" height="10" rx="1.5" />
    <path d="M2.5 18.5h19" />
  </>,
)
export const ChangedIcon = WarnIcon
export const GoneIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.25" strokeDasharray="3 3.5" />
    <path d="M8.5 12h7" />
  </>,
)
