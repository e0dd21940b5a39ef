// Completion for three shells, written from the tables. Pure: commands in, a script out. The scripts know the commands
// as they were when they were made, and start nothing: completing must not wait for a program.

import type { Command } from './command.ts'

export interface Completed {
  readonly name: string
  readonly summary: string
  readonly row: Command
}

export const shells = ['bash', 'zsh', 'fish'] as const

/** Words of a command that may come first: its operands' choices, by position. */
function choicesOf(row: Command, position: number): readonly string[] {
  return row.operands[position]?.choices ?? []
}

function takesFiles(row: Command): boolean {
  return row.operands.some(({ completes }) => completes !== undefined)
}

export function bashScript(commands: readonly Completed[]): string {
  const cases = commands.map(({ name, row }) => {
    const words = [...Object.keys(row.options), 'help'].map((option) => `--${option}`)
    const values = Object.entries(row.options).flatMap(([option, { type, choices, completes }]) => {
      if (type === 'flag') return []
      const answer =
        choices !== undefined
          ? `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word"))`
          : completes !== undefined
            ? `COMPREPLY=($(compgen -${completes === 'folder' ? 'd' : 'f'} -- "$word"))`
            : 'COMPREPLY=()'
      return [`        --${option}) ${answer}; return ;;`]
    })
    const first = choicesOf(row, 0).join(' ')
    return [
      `    ${name})`,
      '      case "$before" in',
      ...values,
      '      esac',
      `      COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word"))`,
      first === '' ? '' : `      [[ $word != -* ]] && COMPREPLY=($(compgen -W '${first}' -- "$word"))`,
      takesFiles(row) ? '      [[ $word != -* ]] && COMPREPLY=($(compgen -f -- "$word"))' : '',
      '      ;;',
    ].filter((line) => line !== '')
  })
  return [
    '# doorpost completion for bash: source <(doorpost completion bash)',
    '_doorpost() {',
    '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
    '  compopt -o filenames 2>/dev/null',
    '  if ((COMP_CWORD == 1)); then',
    `    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version' -- "$word"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    ...cases.flat(),
    '  esac',
    '}',
    'complete -F _doorpost doorpost',
    '',
  ].join('\n')
}

export function zshScript(commands: readonly Completed[]): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''")
  const escape = (text: string) => quote(text).replaceAll(/[[\]:]/g, '\\$&')
  const cases = commands.map(({ name, row }) => {
    const options = Object.entries(row.options).map(([option, { type, about, value, choices, completes, many }]) => {
      const action =
        choices !== undefined
          ? `(${choices.join(' ')})`
          : completes === 'folder'
            ? '_files -/'
            : completes === 'file'
              ? '_files'
              : ' '
      const argument = type === 'flag' ? '' : `:${escape(value ?? 'value')}:${action}`
      return `        '${many === true ? '*' : ''}--${option}[${escape(about)}]${argument}'`
    })
    const operands = row.operands.map(({ name: operand, many, choices, completes }) => {
      const action = choices !== undefined ? `(${choices.join(' ')})` : completes !== undefined ? '_files' : ' '
      return `        '${many === true ? '*' : ''}:${escape(operand)}:${action}'`
    })
    const lines = [...options, "        '--help[this]'", ...operands]
    return [`      ${name})`, '        _arguments \\', `${lines.join(' \\\n')}`, '        ;;']
  })
  return [
    '#compdef doorpost',
    '# doorpost completion for zsh: doorpost completion zsh > "${fpath[1]}/_doorpost"',
    '_doorpost() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({ name, summary }) => `    '${name}:${quote(summary)}'`),
    '  )',
    '  if ((CURRENT == 2)); then',
    "    _describe 'command' commands",
    '  else',
    '    local command=$words[2]',
    '    shift words',
    '    ((CURRENT--))',
    '    case $command in',
    ...cases.flat(),
    '    esac',
    '  fi',
    '}',
    'compdef _doorpost doorpost',
    '',
  ].join('\n')
}

export function fishScript(commands: readonly Completed[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = commands.flatMap(({ name, summary, row }) => {
    const here = `complete -c doorpost -n '__fish_seen_subcommand_from ${name}'`
    const options = Object.entries(row.options).map(([option, { type, about, choices, completes }]) => {
      const argument =
        type === 'flag'
          ? ''
          : choices !== undefined
            ? ` -x -a ${quote(choices.join(' '))}`
            : completes !== undefined
              ? ' -r -F'
              : ' -x'
      return `${here} -l ${option}${argument} -d ${quote(about)}`
    })
    const choices = row.operands.flatMap((operand) => operand.choices ?? [])
    return [
      `complete -c doorpost -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
      ...options,
      ...(choices.length === 0 ? [] : [`${here} -a ${quote(choices.join(' '))}`]),
      ...(takesFiles(row) ? [`${here} -F`] : []),
    ]
  })
  return [
    '# doorpost completion for fish: doorpost completion fish | source',
    'complete -c doorpost -f',
    ...lines,
    '',
  ].join('\n')
}
