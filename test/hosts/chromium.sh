#!/usr/bin/env bash
# Installs Debian's Chromium, whose SwiftShader gives WebGPU without a GPU. Where that cannot be, tests in it are skipped.
set -euo pipefail
! command -v chromium >/dev/null || exit 0
command -v apt-get >/dev/null && [[ $(id -u) = 0 ]] || { echo "no Chromium: installing it needs apt and root"; exit 0; }
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium >/dev/null ||
  echo "no Chromium: apt-get install chromium failed"
