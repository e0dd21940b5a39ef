// What a direct listener and caller allow themselves and each other. A device on the open network is knocked at by anybody.

export type DirectLimits = {
  /** Connections at once, lanes included: 32 callers, two pieces each, within a source's 128 MiB of buffers. */
  connections: number
  /** Connections from one network address: sixteen devices behind one router, two each. */
  connectionsPerAddress: number
  /** Connections that have not yet proved who they are. */
  unproved: number
  /** From connecting to being proved, ms. */
  authenticateMs: number
  /** A refused caller is let go this long after its hello, ms, so that all refusals look alike whatever was looked up. */
  refuseAfterMs: number
  /** Questions a caller may have open: four times the usual window. */
  questions: number
  /** Silence after which a connection is closed, ms. */
  idleMs: number
}

export const directLimits: DirectLimits = {
  connections: 64,
  connectionsPerAddress: 32,
  unproved: 24,
  authenticateMs: 5_000,
  refuseAfterMs: 300,
  questions: 128,
  idleMs: 60_000,
}

/** How long a caller waits for the plain lane before it goes on without, ms: it is for networks where this takes one. */
export const LANE_OPEN_MS = 1_000
