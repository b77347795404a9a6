#!/bin/bash
# Makes a root file system with a real MySQL server in it, for `chroot`. Debian's stable releases ship MariaDB only;
# MySQL is in sid. Needs root and debootstrap; about half a gigabyte; safe to run again.
# Usage: install-mysql.sh [FOLDER]     default: $SYNC_TEST_MYSQL_CHROOT or /var/cache/sync-tool-tests/mysql-chroot
set -euo pipefail

folder=${1:-${SYNC_TEST_MYSQL_CHROOT:-/var/cache/sync-tool-tests/mysql-chroot}}
mirror=${SYNC_TEST_DEBIAN_MIRROR:-http://deb.debian.org/debian}

if [ -x "$folder/usr/sbin/mysqld" ]; then
  echo "MySQL is there: $(chroot "$folder" /usr/sbin/mysqld --version)"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "install-mysql.sh: only root can make a chroot" >&2
  exit 1
fi

part="$folder.part"
rm -rf --one-file-system "$part"
mkdir -p "$part"
debootstrap --variant=minbase sid "$part" "$mirror"
# The release file of sid can be older than its own limit on a mirror that lags behind.
apt=(chroot "$part" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Check-Valid-Until=false)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends mysql-server-core
"${apt[@]}" clean
chroot "$part" id mysql >/dev/null 2>&1 || chroot "$part" useradd --system --no-create-home --shell /usr/sbin/nologin mysql
# Only a complete folder ever has the final name.
rm -rf --one-file-system "$folder"
mv "$part" "$folder"
chroot "$folder" /usr/sbin/mysqld --version
