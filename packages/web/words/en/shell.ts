// Words of the frame: what stands around every screen.

export const shell = {
  name: 'Doorpost',
  conversations: 'Conversations',
  contacts: 'Contacts',
  requests: 'Requests',
  settings: 'Settings',
  newConversation: 'New conversation',
  offline: 'Off-line. What you write goes when the line is back.',
  accountClosed: 'Whoever runs your server has closed this account. What is sent to you waits there.',
  backOnline: 'The line is back.',
  opening: 'Opening',
  elsewhereTitle: 'Doorpost is open in another tab',
  elsewhereSays: 'One tab at a time is your device, so that nothing is fetched twice or lost in between.',
  takeOver: 'Use it in this tab',
  closedTitle: 'Doorpost has stopped in this tab',
  reload: 'Load the page again',
  lost: 'There is nothing at this address',
  toStart: 'To the conversations',
  roomFailed: 'This part of the page could not be loaded.',
  roomFailedTodo: 'Check the network, then load the page again.',
}
