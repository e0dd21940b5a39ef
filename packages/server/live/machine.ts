// Where the pictures of one broadcast go, as a pure state machine; each change is numbered (`turn`). Who was approved is broadcast.ts's,
// whether there is room admission.ts's; steering.ts keeps its time.
//
//   idle ──admit──▶ relayed ──one viewer, its path up──▶ moving ──overlap over──▶ direct
//                    ▲ ▲ ▲                                 │                        │
//                    │ │ └────path down, another admitted──┘                        │
//                    │ └──────path down (at once)───────────────────────────────────┤
//                    └───overlap over─── returning ◀──another admitted──────────────┘
//
// From anywhere the last to leave leads to idle. After several viewers, or a lost path, relayed rests for a while before it moves.

/** One device that asked to watch. */
export interface Viewer {
  readonly watch: string
  /** Let in: approved, here, and with room. Others get nothing. */
  readonly admitted: boolean
  /** Both ends said that their peer-to-peer connection is open. */
  readonly up: boolean
}

interface Common {
  readonly turn: number
  readonly viewers: readonly Viewer[]
}

export type LiveState =
  /** Nobody is admitted. */
  | (Common & { readonly at: 'idle' })
  /** `calm`: `fresh` since the first came, so that it may move at once; `restless` after a change; `resting` while the time for it runs. */
  | (Common & { readonly at: 'relayed'; readonly calm: 'fresh' | 'restless' | 'resting' })
  /** Both ways, until the peer-to-peer connection of `watch` has taken over. */
  | (Common & { readonly at: 'moving'; readonly watch: string })
  | (Common & { readonly at: 'direct'; readonly watch: string })
  /** Both ways, until the server connections have taken over. */
  | (Common & { readonly at: 'returning'; readonly watch: string })

export type LiveEvent =
  | { readonly kind: 'ask'; readonly watch: string }
  /** `relay`: there is room for it, and for all admitted so far, on server connections. Without, it is admitted alone and peer to peer, or not at all. */
  | { readonly kind: 'admit'; readonly watch: string; readonly relay: boolean }
  /** It left, was kicked, or its line is gone. */
  | { readonly kind: 'leave'; readonly watch: string }
  | { readonly kind: 'up'; readonly watch: string }
  /** `relay`: there is room for it on a server connection. Without, one that had no other way is no longer admitted. */
  | { readonly kind: 'down'; readonly watch: string; readonly relay: boolean }
  /** The time that a `wake` of this turn asked for has passed. Others are ignored. */
  | { readonly kind: 'woken'; readonly turn: number }

/** Where pictures go: `watch` is whose peer-to-peer connection is used, or kept open. */
export interface PictureSinks {
  readonly turn: number
  readonly pictures: 'none' | 'server' | 'peer' | 'both'
  readonly watch?: string
}

export type LiveEffect =
  | { readonly kind: 'sinks'; readonly sinks: PictureSinks }
  /** Come back with `woken` after the time of that name, once; earlier ones are forgotten. */
  | { readonly kind: 'wake'; readonly after: 'rest' | 'overlap'; readonly turn: number }

export const IDLE: LiveState = { at: 'idle', turn: 0, viewers: [] }

export function next(state: LiveState, event: LiveEvent): [LiveState, LiveEffect[]] {
  const before = sinksOf(state)
  const after = settle(state, viewersAfter(state, event), event)
  if (isSame(state, after)) return [after, []]
  const numbered = { ...after, turn: state.turn + 1 }
  const sinks = sinksOf(numbered)
  const effects: LiveEffect[] = []
  if (before.pictures !== sinks.pictures || before.watch !== sinks.watch) effects.push({ kind: 'sinks', sinks })
  const wait = waitOf(numbered)
  if (wait) effects.push({ kind: 'wake', after: wait, turn: numbered.turn })
  return [numbered, effects]
}

export function sinksOf(state: LiveState): PictureSinks {
  const { turn } = state
  switch (state.at) {
    case 'idle':
      return { turn, pictures: 'none' }
    case 'relayed': {
      const warm = admittedOf(state.viewers).find(({ up }) => up)
      return { turn, pictures: 'server', ...(warm && { watch: warm.watch }) }
    }
    case 'direct':
      return { turn, pictures: 'peer', watch: state.watch }
    case 'moving':
    case 'returning':
      return { turn, pictures: 'both', watch: state.watch }
  }
}

function viewersAfter(state: LiveState, event: LiveEvent): readonly Viewer[] {
  const { viewers } = state
  const change = (watch: string, changes: Partial<Viewer>) =>
    viewers.map((viewer) => (viewer.watch === watch ? { ...viewer, ...changes } : viewer))
  switch (event.kind) {
    case 'ask':
      if (viewers.some(({ watch }) => watch === event.watch)) return viewers
      return [...viewers, { watch: event.watch, admitted: false, up: false }]
    case 'admit': {
      const viewer = viewers.find(({ watch }) => watch === event.watch)
      const possible = event.relay || (viewer?.up === true && state.at === 'idle')
      return possible && viewer?.admitted === false ? change(event.watch, { admitted: true }) : viewers
    }
    case 'leave':
      return viewers.filter(({ watch }) => watch !== event.watch)
    case 'up':
      return change(event.watch, { up: true })
    case 'down': {
      const alone = state.at === 'direct' && state.watch === event.watch
      return change(event.watch, { up: false, ...(alone && !event.relay && { admitted: false }) })
    }
    case 'woken':
      return viewers
  }
}

function settle(state: LiveState, viewers: readonly Viewer[], event: LiveEvent): LiveState {
  const { turn } = state
  const admitted = admittedOf(viewers)
  const [first] = admitted
  if (!first) return { at: 'idle', turn, viewers }
  const only = admitted.length === 1 && first.up ? first.watch : undefined
  const isWoken = event.kind === 'woken' && event.turn === turn
  const restless = { at: 'relayed', turn, viewers, calm: only === undefined ? 'restless' : 'resting' } as const
  switch (state.at) {
    case 'idle':
      if (event.kind === 'admit' && !event.relay) return { at: 'direct', turn, viewers, watch: first.watch }
      return only === undefined
        ? { at: 'relayed', turn, viewers, calm: 'fresh' }
        : { at: 'moving', turn, viewers, watch: only }
    case 'relayed': {
      if (only !== undefined && (state.calm === 'fresh' || (state.calm === 'resting' && isWoken))) {
        return { at: 'moving', turn, viewers, watch: only }
      }
      return state.calm === 'fresh' && admitted.length === 1 ? { ...state, viewers } : restless
    }
    case 'moving':
      if (only !== state.watch) return restless
      return { ...state, viewers, at: isWoken ? 'direct' : 'moving' }
    case 'direct':
      if (only === state.watch) return { ...state, viewers }
      // The one it is with is the first, unless it is gone or its connection is lost; then there is nothing to overlap with.
      return admitted.some(({ watch, up }) => watch === state.watch && up)
        ? { at: 'returning', turn, viewers, watch: state.watch }
        : restless
    case 'returning': {
      const stillThere = admitted.some(({ watch, up }) => watch === state.watch && up)
      return stillThere && !isWoken ? { ...state, viewers } : restless
    }
  }
}

function waitOf(state: LiveState): 'rest' | 'overlap' | undefined {
  if (state.at === 'moving' || state.at === 'returning') return 'overlap'
  return state.at === 'relayed' && state.calm === 'resting' ? 'rest' : undefined
}

/** Nothing that a turn stands for has changed: what runs out may run on. */
function isSame(a: LiveState, b: LiveState): boolean {
  const [one, other] = [sinksOf(a), sinksOf(b)]
  if (a.at !== b.at || one.watch !== other.watch) return false
  return a.at !== 'relayed' || b.at !== 'relayed' || a.calm === b.calm
}

function admittedOf(viewers: readonly Viewer[]): readonly Viewer[] {
  return viewers.filter(({ admitted }) => admitted)
}
