// In what a browser may record a clip: containers and codecs that the others play, the most widely played first.

/** RFC 6381 names. H.264 with AAC plays everywhere; not every browser records it. */
const TYPES = [
  'video/mp4;codecs=avc1.42E01F,mp4a.40.2',
  'video/mp4;codecs=avc1.42E01F,opus',
  'video/webm;codecs=vp9,opus',
  'video/webm;codecs=vp8,opus',
  'video/webm',
] as const

export interface RecordType {
  /** For MediaRecorder. */
  readonly recorder: string
  /** For the file: without codecs. */
  readonly type: 'video/mp4' | 'video/webm'
  readonly ending: 'mp4' | 'webm'
}

/** Undefined where this browser records none of them. `isSupported`: MediaRecorder.isTypeSupported. */
export function recordType(isSupported: (type: string) => boolean): RecordType | undefined {
  const recorder = TYPES.find((type) => isSupported(type))
  if (recorder === undefined) return undefined
  return recorder.startsWith('video/mp4')
    ? { recorder, type: 'video/mp4', ending: 'mp4' }
    : { recorder, type: 'video/webm', ending: 'webm' }
}

/** Largest clip, bytes: it is given to the browser's storage while it is recorded, and half of what is free stays free. */
const CLIP_BYTES_MAX = 8 * 1024 ** 3
/** Where a browser does not say how much is free, bytes. */
const CLIP_BYTES_UNKNOWN = 512 * 1024 ** 2

/** How large a clip may become. */
export function clipBytesMax({ quota, usage }: { readonly quota?: number; readonly usage?: number }): number {
  if (quota === undefined) return CLIP_BYTES_UNKNOWN
  return Math.max(0, Math.min(CLIP_BYTES_MAX, Math.floor((quota - (usage ?? 0)) / 2)))
}

export function canRecord(what: 'camera' | 'screen'): boolean {
  if (typeof MediaRecorder !== 'function' || !navigator.mediaDevices) return false
  if (!recordType((type) => MediaRecorder.isTypeSupported(type))) return false
  return what === 'camera' ? 'getUserMedia' in navigator.mediaDevices : 'getDisplayMedia' in navigator.mediaDevices
}
