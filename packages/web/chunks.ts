// Which files the page's scripts are put together into. Left alone the build makes a file of whatever two screens share, some fifty for
// the first load: each costs a request and the page its time on a slow machine. Here there are few: what the first visit needs, what
// stands once somebody has an account, the other screens, and what stays for itself because it comes late (players, sending, German).

/** Of the bundler (rolldown's ModuleInfo): what a module imports at once, by full path. */
type ImportsOf = (path: string) => readonly string[]

/** Each file with the modules that it holds, and all that these import; the first that reaches a module has it. */
const CHUNKS = [
  { name: 'first', doors: ['main.tsx'] },
  { name: 'frame', doors: ['screens/frame.tsx'] },
  {
    name: 'screens',
    doors: [
      'screens/contacts.tsx',
      'screens/contact.tsx',
      'screens/requests.tsx',
      'screens/new-conversation.tsx',
      'screens/group.tsx',
      'screens/recovery-words.tsx',
      'screens/settings.tsx',
      'screens/out.tsx',
    ],
  },
] as const

/** Answers for the build in which file a module goes; null leaves it to the bundler. `root`: of the web app. */
export function chunkOf(root: string, path: string, importsOf: ImportsOf): string | null {
  for (const { name, doors } of CHUNKS) {
    const reached = new Set<string>(doors.map((door) => `${root}/${door}`))
    for (const one of reached) for (const next of importsOf(one)) reached.add(next)
    if (reached.has(path)) return name
  }
  return null
}
