// `doorpost completion SHELL`: a script that completes this command, made from the table of commands.

import { command } from '../command.ts'
import { bashScript, fishScript, shells, zshScript } from '../completion-scripts.ts'
import { table } from '../table.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

export const completion = command({
  examples: [
    'source <(doorpost completion bash)',
    'doorpost completion zsh > ~/.zfunc/_doorpost',
    'doorpost completion fish | source',
  ],
  operands: [{ name: 'SHELL', about: 'which one', choices: shells }],
  options: {},
  async run({ operands: [name] }, { out }) {
    const shell = shells.find((each) => each === name) ?? 'bash'
    const commands = await Promise.all(table.map(async (entry) => ({ ...entry, row: await entry.load() })))
    out.write(scripts[shell](commands))
    return undefined
  },
})
