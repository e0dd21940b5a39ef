// A device and its line: what it asks and tells whenever it comes on-line, and, where it has no session, with each poll.

import { Refusal } from '@doorpost/protocol/errors'
import type { Clock } from './clock.ts'
import type { DeviceEvent } from './device-event.ts'
import type { DeviceRoom } from './identity/device-room.ts'
import type { People } from './identity/people.ts'
import { Trouble } from './operations.ts'
import type { Collect } from './receive/collect.ts'
import type { Sharing } from './receive/sharing.ts'
import type { PreferencesRoom } from './rules/preferences.ts'
import type { Grants } from './send/grants.ts'
import type { Outbox } from './send/outbox.ts'
import type { Line } from './session/line.ts'

export interface DeviceLineOptions {
  readonly clock: Clock
  readonly line: Pick<Line, 'state' | 'trouble' | 'onState' | 'onPush'>
  /** Absent: with a session. */
  readonly pollEveryMs?: number
  readonly closing: AbortSignal
  readonly collect: Pick<Collect, 'pushed' | 'sweep' | 'retry'>
  readonly outbox: Pick<Outbox, 'kick'>
  readonly people: Pick<People, 'refresh'>
  readonly preferences: Pick<PreferencesRoom, 'sync'>
  readonly devices: Pick<DeviceRoom, 'cameOnline'>
  readonly sharing: Pick<Sharing, 'lookAround'>
  readonly grants: Pick<Grants, 'sync'>
  /** What else waits for a line. */
  onOnline(): void
  onEvent(event: DeviceEvent): void
  readonly fault: (where: string) => (error: unknown) => void
}

export interface DeviceLine {
  /** Errors of the line are its own to tell and to mend; everything else is a fault, of `where`. */
  unlessLine(where: string): (error: unknown) => void
  /** Takes in what is pushed, and does what there is to do whenever the line comes, until `stop`. */
  follow(): void
  /** Once everything is ready: does so now where it is on-line already, or polls from now on. */
  begin(): void
  stop(): void
}

export function createDeviceLine(options: DeviceLineOptions): DeviceLine {
  const { clock, line, pollEveryMs, closing, collect, fault } = options
  const ends: (() => void)[] = []

  const unlessLine = (where: string) => (error: unknown) => {
    if (closing.aborted || error instanceof Trouble || error instanceof Refusal) return
    fault(where)(error)
  }

  function cameOnline(): void {
    options.devices.cameOnline()
    options.outbox.kick('line')
    options.onOnline()
    collect.retry('line').catch(fault('collect'))
    options.sharing.lookAround()
    options.grants.sync().catch(unlessLine('links'))
    collect.sweep().catch(unlessLine('sweep'))
  }

  let cancelPoll = () => {}
  /** Without a session nobody tells who came and went. */
  function poll(everyMs: number): void {
    if (closing.aborted) return
    Promise.all([collect.sweep(), options.people.refresh(), options.preferences.sync()])
      .catch(unlessLine('poll'))
      .finally(() => {
        if (!closing.aborted) cancelPoll = clock.after(everyMs, () => poll(everyMs))
      })
  }

  return {
    unlessLine,
    follow() {
      ends.push(
        line.onPush((push) => {
          if (push.kind === 'message') collect.pushed(push.envelope)
        }),
        line.onState((state) => {
          // An account that was closed is told as that, once its owner has proven who they are.
          const why = line.trouble?.code === 'not-allowed' ? line.trouble.detail : line.trouble?.why
          options.onEvent({
            event: `line-${state}`,
            level: 'info',
            ...(line.trouble && { code: line.trouble.code }),
            ...(why !== undefined && { why }),
          })
          if (state === 'online') cameOnline()
        }),
      )
    },
    begin() {
      if (pollEveryMs !== undefined) poll(pollEveryMs)
      else if (line.state === 'online') cameOnline()
    },
    stop() {
      for (const end of ends) end()
      cancelPoll()
    },
  }
}
