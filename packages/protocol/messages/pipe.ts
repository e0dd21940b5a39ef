// PIPE /tunnels/NAME/DEVICE with a body: a requester hands a request to one device and waits for the answer; the server
// admits it by the envelope named in `Doorpost-Message: FROM ID`. PIPE /tunnel without a body: that device collects its next
// request, with `Doorpost-Pipe: ID`; SEND /tunnel/ID answers it. Bodies are opaque bytes.

/** Names the message whose envelope admits the request: the sender's device address, a space, the message id. */
export const MESSAGE_HEADER = 'doorpost-message'
/** Names a collected request, for the answer. */
export const PIPE_HEADER = 'doorpost-pipe'
/** Who asks, as the server authenticated it: a device address. */
export const REQUESTER_HEADER = 'doorpost-requester'
