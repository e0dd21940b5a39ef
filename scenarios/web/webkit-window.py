# A window of WebKitGTK that WebDriver leads (webkit.ts), with what MiniBrowser does not have: a profile that lasts, so that the page's
# storage is that of a window which is not private, and a folder that downloads go to.
#
# Called with the folder of both. WebKitWebDriver tells it by its environment where to listen.

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2

# As wide as the stories look at it, pixels.
WIDTH = 1280
HEIGHT = 800

folder = sys.argv[1]
storage = WebKit2.WebsiteDataManager(base_data_directory=f"{folder}/data", base_cache_directory=f"{folder}/cache")
context = WebKit2.WebContext(website_data_manager=storage)
context.set_automation_allowed(True)
settings = WebKit2.Settings(
    # Each line is one that the story reads.
    enable_write_console_messages_to_stdout=True,
    # A camera and a microphone that are pretended.
    enable_media_stream=True,
    enable_mock_capture_devices=True,
)
window = Gtk.Window(default_width=WIDTH, default_height=HEIGHT)


def make_view(_session):
    view = WebKit2.WebView(web_context=context, settings=settings, is_controlled_by_automation=True)
    view.connect("close", lambda _view: Gtk.main_quit())
    view.connect("permission-request", lambda _view, request: request.allow() or True)
    window.add(view)
    window.show_all()
    return view


def begin(_context, session):
    session.connect("create-web-view", make_view)


def keep(_context, download):
    # Stories save the same film twice.
    download.set_allow_overwrite(True)

    def choose(_download, name):
        download.set_destination(f"file://{folder}/downloads/{name}")
        return True

    download.connect("decide-destination", choose)
    download.connect("finished", lambda _download: print("downloaded", download.get_destination(), flush=True))
    download.connect("failed", lambda _download, error: print("download failed:", error.message, flush=True))


context.connect("automation-started", begin)
context.connect("download-started", keep)
Gtk.main()
