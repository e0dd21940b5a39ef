// Asking for the camera, or for a screen: from a tap, as browsers want it. Letting go of it is part of stopping, at once, so that its light goes out.

/** What is shown. `stills` is a camera of which a picture is sent every few seconds. */
export type Shown = 'camera' | 'screen' | 'stills'

/** Why nothing came: for words. */
export type CameraRefusal = 'denied' | 'none-here' | 'in-use'

export type Opened = { readonly stream: MediaStream } | { readonly refused: CameraRefusal }

export async function openCamera(shown: Shown): Promise<Opened> {
  try {
    return { stream: await (shown === 'screen' ? screen() : camera()) }
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    if (name === 'NotFoundError' || name === 'OverconstrainedError') return { refused: 'none-here' }
    if (name === 'NotReadableError' || name === 'AbortError') return { refused: 'in-use' }
    return { refused: 'denied' }
  }
}

export function letGo(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

async function camera(): Promise<MediaStream> {
  const video = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } }
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: true })
  } catch (error) {
    // A camera without a microphone is worth showing all the same.
    if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error
    return await navigator.mediaDevices.getUserMedia({ video })
  }
}

function screen(): Promise<MediaStream> {
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: true })
}
