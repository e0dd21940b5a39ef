// What stands once somebody has an account: asked for as soon as it is known that it will be needed, by the page's entry or by the app.

export const loadFrame = () => import('./screens/frame.tsx')
