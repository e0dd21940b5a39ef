// Reading a QR code off a picture with what the browser brings for it (Shape Detection API); no browser is asked for its name, and where
// it brings nothing, codes are typed or pasted.

interface CodeReader {
  detect(picture: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>
}

interface CodeReaders {
  new (options: { readonly formats: readonly string[] }): CodeReader
  getSupportedFormats(): Promise<readonly string[]>
}

/** How often the picture is looked at, ms: a code held still is read at once, and a phone stays cool. */
const LOOK_MS = 150

function readers(): CodeReaders | undefined {
  return (globalThis as { BarcodeDetector?: CodeReaders }).BarcodeDetector
}

/** Whether this browser has a camera to ask for and reads QR codes; asks nobody anything. */
export async function canReadCodes(): Promise<boolean> {
  try {
    const media = navigator.mediaDevices as MediaDevices | undefined
    return media !== undefined && ((await readers()?.getSupportedFormats())?.includes('qr_code') ?? false)
  } catch {
    // It says that it could, and cannot.
    return false
  }
}

/** Looks at what plays in `video` until a code with something in it is seen. Rejects when `signal` ends it. */
export async function readCode(video: HTMLVideoElement, signal: AbortSignal): Promise<string> {
  const Reader = readers()
  if (!Reader) throw new Error('this browser reads no codes')
  const reader = new Reader({ formats: ['qr_code'] })
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
