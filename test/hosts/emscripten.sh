#!/usr/bin/env bash
# Installs emscripten and Eigen, which core-wasm/numerics (torch.linalg, torch.fft) is built with. Where that cannot be, the
# build leaves that module out and its cases are skipped.
set -euo pipefail
! { command -v em++ >/dev/null && [[ -f /usr/include/eigen3/Eigen/Core ]]; } || exit 0
command -v apt-get >/dev/null && [[ $(id -u) = 0 ]] || { echo "no emscripten: installing it needs apt and root"; exit 0; }
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update && apt-get -qq install -y --no-install-recommends emscripten libeigen3-dev >/dev/null ||
  echo "no emscripten: apt-get install emscripten libeigen3-dev failed"
