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
  InboxEntry,
  KeptMedia,
  LinkStatus,
  ListedMedia,
  OperationName,
  Operations,
  OwnDevices,
  PreferenceEdit,
  Progress,
  SentStatus,
  StorageState,
  TalkMark,
  TalkMessage,
  TalkPerson,
  Trouble,
  TroubleCode,
} from '@doorpost/peer/browser/contract'

/** Where kept copies lie: the `folder` of `get`. */
export const KEPT_FOLDER = '/kept'
