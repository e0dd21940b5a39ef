// Buttons and links that look like them. One main button a screen; a quiet one beside it. Icons alone carry their name unseen.

import type { ComponentProps, ReactNode } from 'react'
import './button.css'

interface Manner {
  /** main: the one thing to do here. plain: with a line. quiet: text alone. bad: takes something away. */
  readonly kind?: 'main' | 'plain' | 'quiet' | 'bad'
  readonly icon?: ReactNode
  readonly wide?: boolean
}

function nameOf({ kind = 'plain', wide }: Manner, more?: string): string {
  return `button button-${kind}${wide ? ' button-wide' : ''}${more === undefined ? '' : ` ${more}`}`
}

/** `disabled`: it keeps the focus and its place for the keyboard, and does nothing. */
export function Button({
  kind,
  icon,
  wide,
  className,
  children,
  disabled,
  onClick,
  ...rest
}: ComponentProps<'button'> & Manner) {
  return (
    <button
      type="button"
      className={nameOf({ ...(kind && { kind }), ...(wide && { wide }) }, className)}
      aria-disabled={disabled ? true : undefined}
      onClick={(event) => {
        // A form is sent by a click on its button, whichever key made it.
        if (disabled) event.preventDefault()
        else onClick?.(event)
      }}
      {...rest}
    >
      {icon}
      <span>{children}</span>
    </button>
  )
}

export function LinkButton({ kind, icon, wide, className, children, ...rest }: ComponentProps<'a'> & Manner) {
  return (
    <a className={nameOf({ ...(kind && { kind }), ...(wide && { wide }) }, className)} {...rest}>
      {icon}
      <span>{children}</span>
    </a>
  )
}

/** `name` is what is heard and shown on hover. */
export function IconButton({
  name,
  children,
  className = '',
  ...rest
}: ComponentProps<'button'> & { readonly name: string }) {
  return (
    <button type="button" className={`icon-button ${className}`} aria-label={name} title={name} {...rest}>
      {children}
    </button>
  )
}

export function IconLink({ name, children, className = '', ...rest }: ComponentProps<'a'> & { readonly name: string }) {
  return (
    <a className={`icon-button ${className}`} aria-label={name} title={name} {...rest}>
      {children}
    </a>
  )
}
