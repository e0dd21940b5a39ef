// The app as a whole: which screen stands where. What a screen shows is its own business.

export function App() {
  return (
    <main>
      <h1>Doorpost</h1>
    </main>
  )
}
