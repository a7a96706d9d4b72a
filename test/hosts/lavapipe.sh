#!/usr/bin/env bash
# Installs lavapipe, Mesa's software Vulkan driver, so that WebGPU has an adapter on machines without a GPU:
#   test/hosts/lavapipe.sh DIR     leaves DIR/lavapipe.json, which launch.mjs names in VK_ICD_FILENAMES
# Dawn (npm "webgpu") finds no adapter on the lavapipe 22 of Debian 12, but does on the one in backports; that one is
# unpacked beside the system's own Mesa, whose package brings the libraries that both need.
# Needs Debian, apt and root. Elsewhere it says why it does nothing, also in DIR/unavailable, and succeeds.
set -euo pipefail
dir=$(realpath -m "${1:?usage: lavapipe.sh DIR}")
[[ ! -f $dir/lavapipe.json ]] || exit 0
mkdir -p "$dir"

unavailable() {
  echo "$1" >"$dir/unavailable"
  echo "no software WebGPU adapter: $1"
  exit 0
}
command -v apt-get >/dev/null || unavailable "this machine has no apt"
[[ $(id -u) = 0 ]] || unavailable "installing lavapipe needs root"
# shellcheck source=/dev/null
. /etc/os-release
[[ $ID = debian ]] || unavailable "this is $ID, lavapipe is installed on Debian only"
# The machine's own mirror.
mirror=$({ grep -rhoE '(URIs: |^deb (\[[^]]*\] )?)https?://[^ ]*/debian/?( |$)' \
  /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null || true; } | grep -oE 'https?://[^ ]+' | head -n 1)
[[ -n $mirror ]] || unavailable "there is no Debian mirror among this machine's apt sources"

export DEBIAN_FRONTEND=noninteractive
{ dpkg -s mesa-vulkan-drivers libvulkan1 >/dev/null 2>&1 ||
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends mesa-vulkan-drivers libvulkan1 >/dev/null; }; } ||
  unavailable "apt-get install mesa-vulkan-drivers failed"

apt=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$dir/lists"
  -o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root)
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror ${VERSION_CODENAME}-backports main" \
  >"$dir/sources.list"
cd "$dir"
{ apt-get "${apt[@]}" -qq update && apt-get "${apt[@]}" -qq download "mesa-vulkan-drivers/${VERSION_CODENAME}-backports"; } ||
  unavailable "the driver in ${VERSION_CODENAME}-backports cannot be downloaded"
dpkg -x mesa-vulkan-drivers_*.deb root
rm -rf mesa-vulkan-drivers_*.deb lists cache sources.list unavailable
library=$(find "$dir/root" -name libvulkan_lvp.so | head -n 1)
printf '{"file_format_version":"1.0.0","ICD":{"api_version":"1.4.305","library_path":"%s"}}\n' "$library" >lavapipe.json
echo "software WebGPU adapter: $library"
