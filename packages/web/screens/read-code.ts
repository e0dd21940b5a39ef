// Reading a QR code off a picture: with what the browser brings for it (Shape Detection API), else with a reader that comes when the camera
// is opened. No browser is asked for its name; where there is no camera, codes are typed or pasted.

interface CodeReader {
  /** What the codes say that are seen in the picture now; none: an empty list. */
  detect(picture: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>
}

interface CodeReaders {
  new (options: { readonly formats: readonly string[] }): CodeReader
  getSupportedFormats(): Promise<readonly string[]>
}

/** How often the picture is looked at, ms: a code held still is read at once, and a phone stays cool. */
const LOOK_MS = 150
/** Longest side of the picture that is looked at, pixels: a code that fills a third of it has five to each of its modules. */
const PICTURE_SIDE_PX = 960

/** Whether there is a camera to ask for; asks nobody anything. */
export async function hasCamera(): Promise<boolean> {
  try {
    const media = navigator.mediaDevices as MediaDevices | undefined
    return (await media?.enumerateDevices())?.some(({ kind }) => kind === 'videoinput') ?? false
  } catch {
    // A page that may not even know: what cannot be counted cannot be opened.
    return false
  }
}

/** Looks at what plays in `video` until a code with something in it is seen. Rejects when `signal` ends it. */
export async function readCode(video: HTMLVideoElement, signal: AbortSignal): Promise<string> {
  const reader = (await ofTheBrowser()) ?? (await ofOurs())
  for (;;) {
    signal.throwIfAborted()
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      const [found] = await reader.detect(video)
      signal.throwIfAborted()
      if (found && found.rawValue !== '') return found.rawValue
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

async function ofTheBrowser(): Promise<CodeReader | undefined> {
  const Reader = (globalThis as { BarcodeDetector?: CodeReaders }).BarcodeDetector
  try {
    if (!(await Reader?.getSupportedFormats())?.includes('qr_code')) return undefined
    return Reader && new Reader({ formats: ['qr_code'] })
  } catch {
    // It says that it could, and cannot.
    return undefined
  }
}

async function ofOurs(): Promise<CodeReader> {
  const { decodeQR } = await import('qr/decode.js')
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('no picture can be looked at here')
  return {
    detect(video) {
      const scale = Math.min(1, PICTURE_SIDE_PX / Math.max(video.videoWidth, video.videoHeight, 1))
      canvas.width = Math.max(1, Math.round(video.videoWidth * scale))
      canvas.height = Math.max(1, Math.round(video.videoHeight * scale))
      context.drawImage(video, 0, 0, canvas.width, canvas.height)
      try {
        return Promise.resolve([{ rawValue: decodeQR(context.getImageData(0, 0, canvas.width, canvas.height)) }])
      } catch {
        // Its way to say that it sees none in this picture; the next one comes.
        return Promise.resolve([])
      }
    },
  }
}
