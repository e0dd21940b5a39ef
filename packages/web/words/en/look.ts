// Words that several screens share: what buttons of every screen say.

export const look = {
  skip: 'Skip to the conversation',
  back: 'Back',
  close: 'Close',
  justDone: 'What just happened',
  undo: 'Undo',
  save: 'Save',
  add: 'Add',
  copy: 'Copy',
  copied: 'Copied',
  details: 'Details',
  again: 'Try again',
  more: 'Show more',
  loading: 'One moment',
  yes: 'Yes',
  no: 'No',
  you: 'You',
  onlyHere: 'This server is on this computer alone: the link opens here, in another browser, and nowhere else.',
}
