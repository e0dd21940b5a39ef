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
  closedBy: {
    ended: 'The part of this page that is your device ended. What was under way goes on when you load the page again.',
    cleared:
      'This browser cleared away what Doorpost kept in it: your keys, conversations and copies. Load the page again, and come in from another device or with your recovery words.',
    'no-storage':
      'This browser lets the page keep nothing, so it cannot be your device. Allow this site to keep data, or open it in a window that is not private.',
  },
  reload: 'Load the page again',
  lost: 'There is nothing at this address',
  toStart: 'To the conversations',
  roomFailed: 'This part of the page could not be loaded.',
  roomFailedTodo: 'Check the network, then load the page again.',
}
