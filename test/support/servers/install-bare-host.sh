#!/bin/bash
# Makes a root file system of Debian's smallest kind, without Node, for `chroot`: the host that the single file is for, and the
# system that container images are built upon. Needs root and debootstrap; about 200 MB; safe to run again.
# Usage: install-bare-host.sh [FOLDER]     default: $SYNC_TEST_BARE_HOST or /var/cache/sync-tool-tests/bare-host
set -euo pipefail

folder=${1:-${SYNC_TEST_BARE_HOST:-/var/cache/sync-tool-tests/bare-host}}
mirror=${SYNC_TEST_DEBIAN_MIRROR:-http://deb.debian.org/debian}

if [ -x "$folder/bin/sh" ]; then
  echo "The bare host is there: Debian $(cat "$folder/etc/debian_version")"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "install-bare-host.sh: only root can make a chroot" >&2
  exit 1
fi

part="$folder.part"
rm -rf --one-file-system "$part"
mkdir -p "$part"
debootstrap --variant=minbase bookworm "$part" "$mirror"
rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/lib/apt/lists/*
# Only a complete folder ever has the final name.
rm -rf --one-file-system "$folder"
mv "$part" "$folder"
echo "made: Debian $(cat "$folder/etc/debian_version")"
