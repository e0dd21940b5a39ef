// A text as a picture that a camera reads: drawn as one path, dark on white in both schemes, since cameras need it so.

import { useEffect, useState } from 'react'
import './qr.css'

/** White around it, modules (ISO/IEC 18004 section 6.3.8). */
const QUIET = 4

export function Qr({ text, name }: { readonly text: string; readonly name: string }) {
  const [drawn, setDrawn] = useState<{ readonly path: string; readonly side: number }>()
  useEffect(() => {
    let here = true
    void draw(text).then((made) => {
      if (here) setDrawn(made)
    })
    return () => {
      here = false
    }
  }, [text])
  return (
    <svg className="qr" viewBox={`0 0 ${drawn?.side ?? 1} ${drawn?.side ?? 1}`} role="img" aria-label={name}>
      {drawn && <path d={drawn.path} shapeRendering="crispEdges" />}
    </svg>
  )
}

async function draw(text: string): Promise<{ path: string; side: number }> {
  const { default: qrcode } = await import('qrcode')
  const { modules } = qrcode.create(text, { errorCorrectionLevel: 'M' })
  let path = ''
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (modules.get(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`
    }
  }
  return { path, side: modules.size + 2 * QUIET }
}
