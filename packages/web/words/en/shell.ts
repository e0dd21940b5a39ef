// Words of the frame: what stands around every screen.

export const shell = {
  name: 'Doorpost',
  conversations: 'Conversations',
  contacts: 'Contacts',
  requests: 'Requests',
  settings: 'Settings',
  newConversation: 'New conversation',
  offline: 'Off-line. What you write goes when the line is back.',
  offlineLong:
    'Your server cannot be reached. What you write goes when it is back. If other pages work here, ask whoever runs it.',
  accountClosed: 'Whoever runs your server has closed this account. What is sent to you waits there.',
  /** Why the server lets this device in no more, by what the device found out. */
  out: {
    revoked: {
      line: 'This browser is not one of your devices any more. Nothing goes out or comes in here.',
      title: 'This browser was revoked',
      says: (when: string) =>
        `You revoked it on another device of yours${when}. Nothing is sent, fetched or given out from here any more, and what waited to be sent stays here.`,
      todo: 'To use this browser again, clear it, choose “I have Doorpost on another device”, and add it on your first device.',
    },
    'taken-over': {
      line: 'Your account was taken back with its recovery words on another device. Nothing goes out or comes in here.',
      title: 'Your account is on another device now',
      says: (when: string) =>
        `It was taken back with its recovery words${when}. No device of before belongs to it any more: nothing is sent, fetched or given out from here.`,
      todo: 'If that was you, clear this browser and add it again on your new device. If it was not you, somebody has your recovery words: take the account back with them yourself, and tell your contacts by another way.',
    },
    'no-account': {
      line: 'Your server does not know your name any more. What you write waits here.',
      title: 'Your server does not know your name any more',
      says: (_when: string) =>
        'Your account was removed, or the server began anew. It is tried again by itself, and what you write waits here until then.',
      todo: 'Ask whoever runs the server. If your account is not coming back, clear this browser to begin with another.',
    },
    'other-account': {
      line: 'On your server somebody else has your name now. What you write waits here.',
      title: 'Somebody else has your name now',
      says: (_when: string) =>
        'The account of that name on your server has another key than yours. It is tried again by itself, and what you write waits here until then.',
      todo: 'Ask whoever runs the server, and tell your contacts by another way that it is not you.',
    },
    'put-back': {
      line: 'Your server was put back to a time before this device was added. Open Doorpost on your first device.',
      title: 'Your server was put back to an earlier time',
      says: (_when: string) =>
        'It does not know this device yet, which was added after that. What you write waits here.',
      todo: 'Open Doorpost on your first device. It tells the server again, and here it goes on by itself.',
    },
  },
  outWhen: (when: string) => `, ${when}`,
  outMore: 'What to do',
  outHere: 'Nothing can be sent from here any more.',
  outKept: 'What is here stays, to be read and saved, until you clear this browser.',
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
