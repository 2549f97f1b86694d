#!/bin/sh
# What other tools make of the same vectors: NOTES.jsonl VECTORS.npy, as many pairs as you like.
# Makes a Python environment of its own (about 700 MB) in NOCTUARY_PEERS, or in your cache folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
environment=${NOCTUARY_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/noctuary/peers-clustering}
if ! cmp -s "$here/requirements.txt" "$environment/requirements.txt"; then
  python3 -m venv "$environment"
  # Without their dependencies: all of them are pinned, and BERTopic's would bring in torch.
  "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$environment/requirements.txt"
fi
exec "$environment/bin/python" "$here/peers.py" "$@"
