#!/bin/sh
# Becomes the program that npm put beside this package for this machine: exit status, signals and streams are its own,
# and node is not started. Looked for where node looks: in every node_modules from here upward.
case "$(uname -m)" in
  x86_64) part=rolloutctl-linux-x64 ;;
  aarch64) part=rolloutctl-linux-arm64 ;;
  *) part= ;;
esac
folder="$(readlink -f -- "$0")"
while [ -n "$part" ] && [ -n "$folder" ]; do
  folder="${folder%/*}"
  [ ! -x "$folder/node_modules/$part/bin/rolloutctl" ] || exec "$folder/node_modules/$part/bin/rolloutctl" "$@"
done
echo "rolloutctl: no ${part:-program for $(uname -m)} in any node_modules from $0 upward." >&2
if [ -n "$part" ]; then
  echo "It is an optional dependency: install without --omit=optional; Yarn needs nodeLinker: node-modules." >&2
fi
exit 1
