// What keys do at a film that has the focus: the same in every browser.

/** Seconds. */
const STEP_S = 5
const STRIDE_S = 10
const VOLUME_STEP = 0.1

type Player = Pick<
  HTMLMediaElement,
  'paused' | 'currentTime' | 'duration' | 'volume' | 'muted' | 'play' | 'pause' | 'textTracks'
> & { requestFullscreen?(): Promise<void> }

/**
 * False: it is none of its keys. Space is the browser's own. Up and down are the volume where the film fills the screen; elsewhere
 * they lead on, since a remote has nothing else to leave it by.
 */
export function playerKey(player: Player, key: string, fillsScreen = false): boolean {
  const seek = (to: number) => {
    const end = Number.isFinite(player.duration) ? player.duration : player.currentTime
    player.currentTime = Math.max(0, Math.min(end, to))
  }
  const volume = (to: number) => {
    player.muted = false
    player.volume = Math.max(0, Math.min(1, to))
  }
  const pause = () => (player.paused ? void player.play().catch(() => {}) : player.pause())
  const deeds: Readonly<Record<string, () => void>> = {
    k: pause,
    Enter: pause,
    MediaPlayPause: pause,
    m: () => {
      player.muted = !player.muted
    },
    c: () => nextTrack(player.textTracks),
    f: () => void player.requestFullscreen?.().catch(() => {}),
    ArrowLeft: () => seek(player.currentTime - STEP_S),
    ArrowRight: () => seek(player.currentTime + STEP_S),
    j: () => seek(player.currentTime - STRIDE_S),
    l: () => seek(player.currentTime + STRIDE_S),
    ...(fillsScreen && {
      ArrowUp: () => volume(player.volume + VOLUME_STEP),
      ArrowDown: () => volume(player.volume - VOLUME_STEP),
    }),
    Home: () => seek(0),
    End: () => seek(player.duration),
  }
  const deed = Object.hasOwn(deeds, key) ? deeds[key] : undefined
  deed?.()
  return deed !== undefined
}

/** The next subtitles, and after the last none. */
function nextTrack(tracks: TextTrackList): void {
  const all = [...tracks]
  const shown = all.findIndex(({ mode }) => mode === 'showing')
  for (const [at, track] of all.entries()) track.mode = at === shown + 1 ? 'showing' : 'disabled'
}
