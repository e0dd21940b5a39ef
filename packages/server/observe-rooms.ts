// What `/metrics` shows of the rooms as they are at the moment of asking. What is counted as it happens, the rooms count themselves.

import type { Metrics } from './metrics.ts'
import type { Rooms } from './rooms.ts'
import type { Meter } from './tunnel/meter.ts'

type Observed = Pick<Rooms, 'storage' | 'logins' | 'presence' | 'tunnel' | 'live'> & { readonly meter: Meter }

export function observeRooms({ observe }: Metrics, { storage, logins, presence, tunnel, meter, live }: Observed): void {
  observe('doorpost_sessions_logged_in', 'Sessions bound to a login, now.', () => logins.sessionCount())
  observe('doorpost_devices_online', 'Devices on-line, now.', () => presence.count())
  observe('doorpost_tunnel_requests', 'Requests held in the tunnel, now.', () => tunnel.counts().requests)
  observe('doorpost_tunnel_collectors', 'PIPEs that wait for a request, now.', () => tunnel.counts().collectors)
  observe('doorpost_tunnels_open', 'Tunnels of all users, asked for and not ended, now.', () => meter.open)
  observe(
    'doorpost_tunnel_window_bytes',
    'Bytes of answers held in the tunnel, now.',
    () => tunnel.counts().windowBytes,
  )
  observe('doorpost_live_broadcasts', 'Broadcasts, now.', () => live.counts().broadcasts)
  observe('doorpost_live_viewers', 'Viewers of all broadcasts, on either way, now.', () => live.counts().viewers)
  observe(
    'doorpost_live_bytes_per_second',
    'Bytes of frames relayed to viewers in the last second.',
    () => live.capacity().bytesPerSecond,
  )
  observe(
    'doorpost_live_reserved_bytes_per_second',
    'Bytes a second reserved for viewers on server connections, now.',
    () => live.capacity().reservedBytesPerSecond,
  )
  observe('doorpost_accounts', 'Accounts.', () => storage.accounts.count())
  observe('doorpost_messages_kept', 'Messages kept.', async () => (await storage.mail.counts()).messages)
}
