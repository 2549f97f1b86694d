#!/usr/bin/env bash
# Installs a copy of the committed files without development tools, runs the demo there and prints the install's size.
# usage: scripts/runtime-only-demo.sh DIR   (made; removed at the end)
set -euo pipefail
dir=$1
mkdir -p "$dir"
trap 'rm -rf "$dir"' EXIT
git archive HEAD | tar -x -C "$dir"
cd "$dir"
npm ci --omit=dev
npm run --silent demo > demo.txt
grep -q "What left this machine: nothing" demo.txt
echo "runtime-only install: $(du -sm node_modules | cut -f1) MB"
