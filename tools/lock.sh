#!/usr/bin/env bash
# Locks requirements.txt and requirements-dev.txt, with hashes, from the short *.in files that people keep.
# Arguments go to uv: "tools/lock.sh --upgrade" takes the newest versions the *.in files allow, without it only what
# changed there changes here.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

lock() { # lock NAME [OPTIONS…]
    local name=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-strip-extras --custom-compile-command tools/lock.sh "$name.in" -o "$name.txt" "$@"
}

lock requirements "$@"
lock requirements-dev --constraints requirements.txt "$@"
