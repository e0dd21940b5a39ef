// What a switch shows between being pressed and being so: what was pressed. It goes back where it did not come to hold.

import { useState } from 'react'

/** Answers whether it holds now; nothing, where that shows by itself. */
export type Press<Value> = (value: Value) => void | Promise<boolean>

export function usePressed<Value>(value: Value, onPress: Press<Value>): readonly [Value, (value: Value) => void] {
  const [pressed, setPressed] = useState<{ readonly value: Value; readonly over: Value }>()
  // As soon as something else holds than when it was pressed, that is what is shown.
  const shown = pressed && Object.is(pressed.over, value) ? pressed.value : value
  const press = (wanted: Value) => {
    setPressed({ value: wanted, over: value })
    void Promise.resolve(onPress(wanted)).then((held) => {
      if (held === false) setPressed(undefined)
    })
  }
  return [shown, press]
}
