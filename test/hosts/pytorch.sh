#!/usr/bin/env bash
# Installs Debian's PyTorch, which test/roundtrip trains with and other tests compare their files with. Where that cannot be,
# the reason is left in .cache/no-pytorch, and those tests are skipped with it.
set -euo pipefail
note=$(dirname "$0")/../../.cache/no-pytorch
rm -f "$note"
! /usr/bin/python3 -c "import torch, numpy" 2>/dev/null || exit 0

unavailable() {
  mkdir -p "$(dirname "$note")"
  echo "$1" >"$note"
  echo "no PyTorch: $1"
  exit 0
}
command -v apt-get >/dev/null || unavailable "this machine has no apt"
root=()
if [[ $(id -u) != 0 ]]; then
  sudo -n true 2>/dev/null || unavailable "installing python3-torch needs root or sudo"
  root=(sudo -n)
fi
install() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null
}
{ install update && install install -y --no-install-recommends python3-torch python3-numpy; } ||
  unavailable "apt-get install python3-torch failed"
/usr/bin/python3 -c "import torch, numpy" || unavailable "python3-torch was installed, but does not load"
