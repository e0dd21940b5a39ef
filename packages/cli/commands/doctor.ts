// `doorpost doctor`: what works from here and what does not, in words, with what to do about it.

import { isTroubleCode, troubleSentence } from '@doorpost/peer/catalogue/en'
import type { Operations } from '@doorpost/peer/operations'
import { answerJson } from '../answer.ts'
import { command, homeOption, jsonOption } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { homeOf } from '../home.ts'
import { painted } from '../show/paint.ts'
import { printable } from '../show/printable.ts'
import type { Surroundings } from '../surroundings.ts'

type Check = Operations['doctor']['result']['checks'][number]

export const doctor = command({
  examples: ['doorpost doctor', 'doorpost doctor --json', 'doorpost doctor --home ~/.doorpost'],
  operands: [],
  options: { ...homeOption, ...jsonOption },
  async run({ options }, around) {
    const home = homeOf(options.home, around)
    const checks = [runtime(), ...(await ofDevice(home, around))]
    if (options.json) answerJson({ checks }, around)
    else for (const check of checks) around.out.write(checkText(check, around))
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.unavailable
  },
})

function runtime(): Check {
  return { name: 'node', ok: true, says: `This runs on Node ${process.versions.node}.` }
}

/** A device that cannot be opened is a finding as well. */
async function ofDevice(home: string, around: Surroundings): Promise<Check[]> {
  try {
    await using opened = await around.openPeer(home)
    const agent: Check = (await opened.isAgent())
      ? { name: 'agent', ok: true, says: `An agent is running for ${home}.` }
      : {
          name: 'agent',
          ok: true,
          says: `No agent is running for ${home}: files are served and mail is collected only while a command runs.`,
          todo: 'doorpost agent',
        }
    return [agent, ...(await opened.peer.do('doctor', {}, { signal: around.stop })).checks]
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (!(error instanceof Error) || typeof code !== 'string' || !isTroubleCode(code) || code === 'cancelled')
      throw error
    const todo = 'todo' in error && typeof error.todo === 'string' ? error.todo : undefined
    const told = troubleSentence({ code, detail: error.message, todo })
    return [{ name: 'device', ok: false, says: told.says, ...(told.todo !== undefined && { todo: told.todo }) }]
  }
}

function checkText({ ok, says, todo }: Check, { out }: Surroundings): string {
  const mark = ok ? painted('works', 'green', out) : painted('fails', 'red', out)
  const more = todo === undefined ? '' : `       ${printable(todo)}\n`
  return `${mark}  ${printable(says)}\n${more}`
}
