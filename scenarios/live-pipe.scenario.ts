// Live pictures from a pipe to a player: what one program writes another one shows, between two people's terminals.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { needs } from '../scripts/needs.ts'
import { openStage, until } from './stage.ts'

const run = promisify(execFile)
const ffmpeg = needs('ffmpeg')
/** Pictures and sound, as a camera's program writes them: known from its first bytes on, never jumped in. */
const PROGRAM = [
  ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=15:duration=6', '-f', 'lavfi', '-i', 'sine'],
  ...['-shortest', '-pix_fmt', 'yuv420p', '-c:v', 'mpeg2video', '-c:a', 'mp2', '-f', 'mpegts', '-y'],
]
const PICTURES = 90

test.skipIf(ffmpeg.missing)(
  `[LVP83] [LVP84] what a program writes into a pipe comes out in a player, with its sound, and all of it ends with it${ffmpeg.reason}`,
  async () => {
    await using stage = await openStage()
    await stage.server()
    const [alice, bob] = [await stage.join('alice'), await stage.join('bob')]
    await stage.befriend(alice, bob)
    const pipe = join(stage.folder, 'camera')
    execFileSync('mkfifo', [pipe])
    // A player as any other: it takes what it is piped until that ends.
    const [player, taken] = [join(stage.folder, 'player'), join(stage.folder, 'taken.mkv')]
    await writeFile(player, `#!/bin/sh\nexec cat > ${taken}\n`)
    await chmod(player, 0o755)

    const showing = alice.start('live', '--from', pipe, '--to', bob.address, '--ack-window', '30')
    const writer = spawn('ffmpeg', [...PROGRAM, pipe], { stdio: 'ignore' })
    await until('it is shown', async () => {
      const { showing: shown } = await alice.json<{ showing: unknown[] }>('live', 'list')
      return shown.length === 1
    })
    const watching = bob.start('watch', alice.address, '--player', player)
    if (writer.exitCode === null) await once(writer, 'close')
    expect([await watching.ended(), await showing.ended()]).toEqual([0, 0])
    expect(showing.stderr()).toContain(`${bob.address}/laptop watches`)

    const entries = ['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets']
    const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, '-of', 'csv=p=0', taken])
    const streams = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(',') as [string, string]),
    )
    expect([...streams.keys()]).toEqual(['h264', 'opus'])
    // Nobody watched before the first, nothing is missing after it but what a busy machine skipped.
    expect(Number(streams.get('h264'))).toBeGreaterThan(PICTURES / 3)
    expect(Number(streams.get('h264'))).toBeLessThanOrEqual(PICTURES)
  },
)
