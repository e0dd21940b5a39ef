// Why a camera or a screen does not come, in words: the same where it is shown live and where a clip is recorded.

import type { Words } from '../words/words.ts'
import type { CameraRefusal } from './camera.ts'

export function refusalText(words: Words['live'], why: CameraRefusal): string {
  switch (why) {
    case 'denied':
      return words.refusedCamera
    case 'none-here':
      return words.noCamera
    case 'in-use':
      return words.busyCamera
    case 'no-screen':
      return words.noScreen
  }
}
