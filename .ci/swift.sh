#!/usr/bin/env bash
# The Swift side on Linux, in a chroot of Debian trixie (its `swiftlang`), set up on first use.
#
#   .ci/swift.sh test [swift test arguments]   parse, lint and test ios/; exit code 0 only if all is well
#   .ci/swift.sh run COMMAND …                 any command in the chroot, in ios/
#   .ci/swift.sh setup                         the chroot alone (535 MB of packages, about 3 minutes)
#
# Needs root, debootstrap, apt; for `test` also the native library, the bindings and the xtask in target/.
# SWIFT_ROOT: where the chroot stands. TILLKIT_LIB_DIR, TILLKIT_XTASK: other builds than target/debug,
# inside the checkout.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
root=${SWIFT_ROOT:-/opt/trixie}
libraries=${TILLKIT_LIB_DIR:-$repo/target/debug}
xtask=${TILLKIT_XTASK:-$repo/target/debug/xtask}
suite=trixie
# The core checks certificates against the system's.
packages="swiftlang libc6-dev libstdc++-14-dev ca-certificates"
usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
verb=${1:-}; [ "$#" -gt 0 ] && shift

in_root() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

mirror() { # of this machine's own apt configuration
  local host; host=$(. /etc/os-release; echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$host" '$2 == release && $3 == "main" { print $1; exit }'
}

set_up() {
  [ "$(cat "$root/.swift-ready" 2>/dev/null)" != "$suite $packages" ] || return 0
  command -v debootstrap >/dev/null || { apt-get update; apt-get install -y --no-install-recommends debootstrap; }
  local from; from=$(mirror)
  [ -n "$from" ] || { apt-get update; from=$(mirror); }
  [ -n "$from" ] || { echo "no Debian mirror in apt's configuration" >&2; exit 1; }
  if [ ! -e "$root/.base-ready" ]; then
    ! grep -q " $root/" /proc/mounts || { echo "$root has mounts: not wiped" >&2; exit 1; }
    rm -rf --one-file-system "$root"
    debootstrap --variant=minbase "$suite" "$root" "$from"
    touch "$root/.base-ready"
  fi
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  in_root apt-get update
  # shellcheck disable=SC2086 # a list of words
  in_root apt-get install -y --no-install-recommends $packages
  in_root apt-get clean
  echo "$suite $packages" >"$root/.swift-ready"
}

# The mounts live in a namespace of their own: nothing to unmount, nothing is left behind. The
# repository stands at its own path, so that paths in libraries and tests stay valid.
inside() {
  mkdir -p "$root/proc" "$root/dev" "$root$repo"
  root=$root repo=$repo libraries=$libraries xtask=$xtask unshare --mount --propagation private bash -euc '
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
    mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
    mount --bind "$repo" "$root$repo"
    exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 \
      TILLKIT_LIB_DIR="$libraries" TILLKIT_XTASK="$xtask" \
      sh -c '\''cd "$1" && shift && exec "$@"'\'' sh "$repo/ios" "$@"
  ' bash "$@"
}

# One user of the chroot at a time; the lock ends with this process.
exec 9>"${TMPDIR:-/tmp}/tillkit-swift.lock"
flock 9

case "$verb" in
  setup) set_up ;;
  run)
    [ "$#" -gt 0 ] || usage
    set_up
    inside "$@"
    ;;
  test)
    for built in "$libraries/libtillkit_ffi.so" "$xtask" "$repo/ios/Generated/TillKitFFI.swift"; do
      [ -e "$built" ] || { echo "$built is missing: cargo xtask bindings makes it" >&2; exit 1; }
    done
    set_up
    # SwiftUI is not on Linux: its files are parsed and linted, not type-checked.
    inside sh -euc 'find App Sources/TillKitUI/Views -name "*.swift" -print0 | xargs -0 -n 1 swiftc -parse'
    inside swift format lint --strict --recursive --configuration .swift-format Package.swift App Sources Tests
    inside swift test --disable-sandbox -Xswiftc -use-ld=lld "$@"
    ;;
  *) usage ;;
esac
