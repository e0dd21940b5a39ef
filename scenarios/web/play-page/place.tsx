// Where the player stands.

import { createRoot } from 'react-dom/client'
import { UpdateLine } from '../../../packages/web/play/update-line.tsx'
import { Player, type PlayerProps } from '../../../packages/web/play/player.tsx'
import '../../../packages/web/look/look.css'

export function createPlace(element: HTMLElement) {
  const root = createRoot(element)
  return {
    show: (props: PlayerProps) => root.render(<Player key={props.name + props.type} {...props} onSave={() => {}} />),
    showUpdate: () => root.render(<UpdateLine />),
    leave: () => root.render(null),
  }
}
