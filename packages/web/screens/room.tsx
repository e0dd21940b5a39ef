// A part of the page that comes after the first load: a quiet place while it comes, and words when it does not.

import { Component, Suspense, type ReactNode } from 'react'
import { Button } from '../look/button.tsx'
import { useWords } from '../words/words.ts'
import { Placard } from './placard.tsx'

export function Room({ children }: { readonly children: ReactNode }) {
  return (
    <RoomGuard>
      <Suspense fallback={<div aria-busy="true" />}>{children}</Suspense>
    </RoomGuard>
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
