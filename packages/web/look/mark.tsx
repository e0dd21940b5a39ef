// The sign of the house: a door with a picture in it. Its name stands beside it wherever it is needed.

/** `size`: its height, px. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg width={(size * 40) / 56} height={size} viewBox="12 4 40 56" aria-hidden="true" focusable="false">
      <rect x="12" y="4" width="40" height="56" rx="6" fill="var(--accent)" />
      <rect x="19" y="11" width="26" height="21" rx="2.5" fill="var(--on-accent)" />
      <path d="M28.5 15.5l9.5 6-9.5 6z" fill="var(--accent)" />
      <rect x="19" y="40" width="26" height="5" rx="2.5" fill="var(--on-accent)" />
    </svg>
  )
}
