// The worker's entry: the device itself. Kept here so that the page's build gives it a file of its own.

import '@doorpost/peer/browser/device-worker'
