// stub
export interface Home extends AsyncDisposable {
  readonly path: string
  readonly database: string
  readonly controlSocket: string
}
export type HomeOpened =
  | { readonly kind: 'open'; readonly home: Home }
  /** Another process has it; its pid where it can be told. */
  | { readonly kind: 'home-in-use'; readonly pid: number | undefined }

/** Makes the folder (0700) where there is none, and takes its lock until disposed or until this process ends, however it ends. */
export async function openHome(_path: string): Promise<HomeOpened> {
  throw new Error('not yet')
}
