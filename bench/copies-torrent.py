# One peer of a swarm for the benchmark of copies: `seed FILE` or `leech FOLDER`, with libtorrent as it is. Says its port, then
# (the seed) where its torrent file is; reads a line of JSON {torrent, ports} and begins; says {uploaded, took} when told by a second line (the
# seed) or when everything is here and written.

import json
import os
import sys
import time

import libtorrent as lt

role, place = sys.argv[1], sys.argv[2]
session = lt.session(
    {
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
    }
)
while session.listen_port() == 0:
    time.sleep(0.01)


def say(what):
    print(json.dumps(what), flush=True)


torrent = None
if role == "seed":
    storage = lt.file_storage()
    lt.add_files(storage, place)
    made = lt.create_torrent(storage, 1024 * 1024, lt.create_torrent.v1_only)
    lt.set_piece_hashes(made, os.path.dirname(place))
    torrent = place + ".torrent"
    with open(torrent, "wb") as file:
        file.write(lt.bencode(made.generate()))
say({"port": session.listen_port(), "torrent": torrent})

order = json.loads(sys.stdin.readline())
began = time.monotonic()
params = lt.add_torrent_params()
params.ti = lt.torrent_info(order["torrent"])
params.save_path = os.path.dirname(place) if role == "seed" else place
params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
if role == "seed":
    params.flags |= lt.torrent_flags.seed_mode
handle = session.add_torrent(params)
for port in order["ports"]:
    if port != session.listen_port():
        handle.connect_peer(("127.0.0.1", port))
if role == "seed":
    sys.stdin.readline()
else:
    while not handle.status().is_finished:
        time.sleep(0.01)
    handle.flush_cache()
    took = time.monotonic() - began
    say({"took": took})
    # Others still fetch from here.
    sys.stdin.readline()
say({"uploaded": handle.status().total_payload_upload})
