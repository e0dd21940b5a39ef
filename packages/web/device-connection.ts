// What the screens need of the device: the interface they are written against, whether the device runs in this tab's worker
// (peer/browser) or only pretends (pretend-device.ts). device.ts gives it to components.

export type {
  BrowserDevice as DeviceConnection,
  ContactLine,
  Conversation,
  DeviceChange,
  DeviceEvent,
  DeviceState,
  Draft,
  FingerLine,
  HiddenAs,
  InboxEntry,
  InboxState,
  KeptMedia,
  ListedMedia,
  MediaRange,
  OperationName,
  Operations,
  OwnDevices,
  PreferenceEdit,
  Progress,
  Protection,
  RecipientState,
  SentStatus,
  StorageState,
  TalkMark,
  TalkMessage,
  TalkPerson,
  Tombstone,
  Trouble,
  TroubleCode,
} from '@doorpost/peer/browser/contract'

/** Where kept copies lie: the `folder` of `get`. */
export const KEPT_FOLDER = '/kept'
