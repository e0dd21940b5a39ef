// The entry of the worker behind a link's page. Kept here so that the page's build gives it a file of its own.

import '@doorpost/peer/browser/link-worker'
