// A device running on Node: takes the lock of its home, opens store, line, listener and control socket, says where it
// can be reached, and keeps at it until it is closed. Commands without an agent open the same for as long as they run.

import type { DeviceAddress } from '@doorpost/protocol/address'
import { type Peer, Trouble } from '../operations.ts'

export interface AgentOptions {
  /** The folder of this device; made by joining. */
  readonly home: string
  /** `agent`: stays, keeps a session. `command`: one command's own, goes on-line when it has something to do there. */
  readonly as?: 'agent' | 'command'
  /** Ask for mail every so many seconds instead of keeping a session. */
  readonly pollSeconds?: number
  /** Where to listen for direct paths; every address and any free port where nothing is said. */
  readonly listen?: { readonly host?: string; readonly port?: number }
  /** Fetch the media of mutual contacts without being asked, into `folder`. */
  readonly fetchByItself?: boolean
  /** For `fetchByItself`; `received` in the home where nothing is said. */
  readonly folder?: string
  /** A shell command, run once per message that became ready; told by DOORPOST_* variables. */
  readonly onReady?: string
  /** One call per thing worth a line in a log. Holds no secret, no title and no text. */
  readonly onEvent?: (event: AgentEvent) => void
}

/** What an agent tells its log: `event` is a stable word, the rest is plain data. */
export interface AgentEvent {
  readonly event: string
  readonly level: 'info' | 'warn'
  readonly [detail: string]: unknown
}

export interface RunningAgent extends AsyncDisposable {
  readonly peer: Peer
  readonly address: DeviceAddress
  /** What the server was told: `192.0.2.7:4711`. */
  readonly networkAddresses: readonly string[]
  /** Settles when the agent has closed, by `close` or by the operation `stop`. */
  readonly closed: Promise<void>
  /** Ends it cleanly: what runs is paused and kept. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens the device of `home`. Being unable to reach the server is no error: it goes on when the line is there.
 * Throws Trouble: `no-identity` (nobody joined here), `home-in-use` (an agent or a command has it open).
 */
export async function openAgent(options: AgentOptions): Promise<RunningAgent> {
  throw new Trouble('not-available', `The agent is not built yet (${options.home}).`)
}
