#!/usr/bin/env bash
# Installs a browser of Debian's for the tests:
#   test/hosts/browser.sh chromium|firefox-esr
# Chromium brings SwiftShader, which gives WebGPU without a GPU. Where a browser cannot be installed the reason is left in
# .cache/no-NAME, and tests in it are skipped with that.
set -euo pipefail
name=${1:?usage: browser.sh chromium|firefox-esr}
note=$(dirname "$0")/../../.cache/no-$name
rm -f "$note"
! command -v "$name" >/dev/null || exit 0

unavailable() {
  mkdir -p "$(dirname "$note")"
  echo "$1" >"$note"
  echo "no $name: $1"
  exit 0
}
command -v apt-get >/dev/null || unavailable "this machine has no apt"
root=()
if [[ $(id -u) != 0 ]]; then
  sudo -n true 2>/dev/null || unavailable "installing it needs root or sudo"
  root=(sudo -n)
fi
install() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null
}
{ install update && install install -y --no-install-recommends "$name"; } ||
  unavailable "apt-get install $name failed"
