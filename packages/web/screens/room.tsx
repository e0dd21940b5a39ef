// A part of the page that comes after the first load: a quiet place while it comes, and words when it does not.

import { Component, Suspense, type ReactNode } from 'react'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { Placard } from './placard.tsx'

/** `inside`: it is a part of a screen that has its heading. */
export function Room({ children, inside }: { readonly children: ReactNode; readonly inside?: boolean }) {
  return (
    <RoomGuard>
      <Suspense fallback={inside ? <div aria-busy="true" /> : <Coming />}>{children}</Suspense>
    </RoomGuard>
  )
}

/** Until a screen is here: nothing to be seen, and a heading for those who listen. */
export function Coming() {
  const words = useWords()
  return (
    <div aria-busy="true">
      <h1 className="unseen">{words.look.loading}</h1>
    </div>
  )
}

/** React has error boundaries as classes alone. */
class RoomGuard extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? <RoomFailed /> : this.props.children
  }
}

function RoomFailed() {
  const words = useWords()
  return (
    <Placard title={words.shell.roomFailed}>
      <p>{words.shell.roomFailedTodo}</p>
      <Button kind="main" onClick={() => location.reload()}>
        {words.shell.reload}
      </Button>
    </Placard>
  )
}
