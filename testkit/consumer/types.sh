#!/usr/bin/env bash
# Compiles imports.ts in a folder that has the packed packages: as a server's program without the types of browsers, and as a
# page's without those of Node, by the oldest and the newest TypeScript that the packages promise to work with.
set -euo pipefail
cp "$(dirname "$0")/imports.ts" "$1/imports.mts"
cd "$1"
npm install --no-audit --no-fund --silent --no-save "@types/node@22"
check() { # name, TypeScript, lib, types
  echo "{\"compilerOptions\": {\"strict\": true, \"noEmit\": true, \"module\": \"nodenext\", \"moduleResolution\": \"nodenext\", \"target\": \"es2022\", \"skipLibCheck\": false, \"lib\": [$3], \"types\": [$4]}, \"files\": [\"imports.mts\"]}" >tsconfig.json
  npx -y -p "typescript@$2" tsc -p tsconfig.json && echo "TypeScript $2, $1: compiles"
}
for version in 5.4 5.9 6.0 7.0; do
  check "server" "$version" '"es2023", "esnext.disposable"' '"node"'
  check "page" "$version" '"es2023", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"' ''
done
