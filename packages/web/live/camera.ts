// Asking for the camera, or for a screen: from a tap, as browsers want it. Letting go of it is part of stopping, at once, so that its light goes out.

/** What is shown. `stills` is a camera of which a picture is sent every few seconds. */
export type Shown = 'camera' | 'screen' | 'stills'

/** Why nothing came: for words. */
export type CameraRefusal = 'denied' | 'none-here' | 'in-use' | 'no-screen'

export type Opened = { readonly stream: MediaStream } | { readonly refused: CameraRefusal }

/** What is shown live: small enough to be encoded while it is seen. */
const LIVE_PICTURE: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 360 },
  frameRate: { ideal: 30 },
}

export async function openCamera(shown: Shown, picture = LIVE_PICTURE): Promise<Opened> {
  try {
    return { stream: await (shown === 'screen' ? screen(picture === LIVE_PICTURE) : camera(picture)) }
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    // Whoever closes the browser's own choice of screens refuses nothing, and nothing stands beside the address.
    if (shown === 'screen') return { refused: 'no-screen' }
    if (name === 'NotFoundError' || name === 'OverconstrainedError') return { refused: 'none-here' }
    if (name === 'NotReadableError' || name === 'AbortError') return { refused: 'in-use' }
    return { refused: 'denied' }
  }
}

export function letGo(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

async function camera(video: MediaTrackConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: true })
  } catch (error) {
    // A camera without a microphone is worth showing all the same.
    if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error
    return await navigator.mediaDevices.getUserMedia({ video })
  }
}

function screen(isLive: boolean): Promise<MediaStream> {
  // Its sound comes where the browser and its user let it.
  return navigator.mediaDevices.getDisplayMedia({ video: isLive ? { frameRate: { ideal: 15 } } : true, audio: true })
}
