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
  const { encodeQR } = await import('qr')
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET })
  let path = ''
  for (const [row, modules] of rows.entries()) {
    for (const [column, isDark] of modules.entries()) if (isDark) path += `M${column} ${row}h1v1h-1z`
  }
  return { path, side: rows.length }
}
