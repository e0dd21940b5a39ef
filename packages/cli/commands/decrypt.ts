// `doorpost decrypt FILE --message ID`: the verified file of ciphertext that another program fetched.

import type { Progress } from '@doorpost/peer/operations'
import { resolve } from 'node:path'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { homeOf } from '../home.ts'
import { receivedId } from '../resolve-id.ts'
import { barText } from '../show/bar.ts'
import { barLine } from '../show/bar-line.ts'
import { printable } from '../show/printable.ts'

export const decrypt = command({
  examples: [
    'doorpost decrypt ciphertext --message latest',
    'doorpost decrypt ciphertext --message latest --out films',
    'doorpost decrypt ciphertext --message latest --json',
  ],
  operands: [{ name: 'FILE', about: 'what another program fetched by a range link', completes: 'file' }],
  options: {
    message: { type: 'text', value: 'ID', about: 'the message it belongs to', default: 'latest' },
    out: { type: 'text', value: 'DIR', about: 'folder for the file', default: 'this one', completes: 'folder' },
    ...homeOption,
    ...jsonOption,
  },
  notes: ['Nothing is written unless every piece is what the sender signed. FILE stays as it is.'],
  async run({ operands: [written = ''], options }, around) {
    await using opened = await around.openPeer(homeOf(options.home, around))
    const { peer } = opened
    const id = await receivedId(peer, options.message ?? 'latest')
    const line = barLine(around.err, around.now)
    const onProgress = (progress: Progress) => {
      if (progress.kind !== 'reading') return
      const { name, doneBytes, sizeBytes } = progress
      line.draw((columns) => barText({ name: `checking ${name}`, doneBytes, sizeBytes, bytesPerSecond: 0 }, columns))
    }
    const args = { file: resolve(around.cwd, written), id, folder: resolve(around.cwd, options.out ?? '.') }
    try {
      const made = await peer.do('decrypt', args, { signal: around.stop, onProgress })
      line.clear()
      if (options.json) answerJson(made, around)
      else around.out.write(`${printable(made.file)}\n`)
      return undefined
    } finally {
      line.clear()
    }
  },
})
