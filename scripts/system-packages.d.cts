/** What system-packages.cjs gives to TypeScript; it is plain JavaScript because set-up runs under an old Node. */
export interface SystemPackage {
  readonly command: string
  readonly debianPackage: string
  /** Packages that it needs besides. */
  readonly also?: readonly string[]
  /** The npm scripts that need it. */
  readonly purposes: readonly string[]
  readonly why: string
}

export declare const SYSTEM_PACKAGES: readonly SystemPackage[]

/** Where `command` is, or undefined. */
export declare function findCommand(command: string): string | undefined

/** Installs what the purposes need where it may, and says what to install where it may not. Never throws. */
export declare function installSystemPackages(purposes: readonly string[]): void
