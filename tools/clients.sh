#!/usr/bin/env bash
# Lets two generators of clients from npm read the document of the interface, and compiles strictly what they make of
# it: tools/clients.sh. By hand only: the suite asks nothing of the internet.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
FLASK_APP=app.py .venv/bin/python -m flask api openapi >"$folder/openapi.json"
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
    openapi-typescript@7.13.0 @hey-api/openapi-ts@0.95.0 @redocly/cli@2.77.0 typescript@5.9.3
npx redocly lint --skip-rule tag-description openapi.json
npx openapi-typescript openapi.json --output types.ts
npx openapi-ts --input openapi.json --output client
npx tsc --noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler \
    --lib es2022,dom,dom.iterable types.ts client/*.ts
