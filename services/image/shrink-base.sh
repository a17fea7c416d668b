#!/bin/sh
# Removes from the base image what no running container uses, in a stage of its own: sh shrink-base.sh
# dpkg removes packages, so its list, which vulnerability scanners read, stays true. A shell and coreutils stay.
set -eu
export DEBIAN_FRONTEND=noninteractive

# --force-all, because packages that Debian calls essential depend on these; none is needed to run a program.
dpkg --purge --force-all \
  adduser apt debian-archive-keyring diffutils e2fsprogs gpgv libapt-pkg6.0 libaudit-common libaudit1 libblkid1 \
  libcap-ng0 libcom-err2 libdb5.3 libdebconfclient0 libext2fs2 libfdisk1 libgcrypt20 libgnutls30 libgpg-error0 libhogweed6 \
  libidn2-0 liblz4-1 libmount1 libnettle8 libp11-kit0 libpam-modules libpam-modules-bin libpam-runtime libpam0g libseccomp2 \
  libsemanage-common libsemanage2 libsepol2 libsmartcols1 libss2 libsystemd0 libtasn1-6 libudev1 libunistring2 libxxhash0 \
  login logsave mawk mount openssl passwd sysvinit-utils usr-is-merged util-linux util-linux-extra >/dev/null
dpkg --purge --force-all debconf init-system-helpers perl-base >/dev/null

# GDAL has its own iconv, Python its own codecs: nothing loads the modules of glibc.
library=/usr/local/lib/python3.11
rm -rf /usr/share/doc /usr/share/info /usr/share/lintian /usr/share/locale /usr/share/man \
  /usr/lib/*-linux-gnu/gconv /var/cache/* /var/log/* /var/lib/apt \
  /usr/local/include /usr/local/share/man /usr/local/lib/pkgconfig /usr/local/bin/2to3* /usr/local/bin/idle* /usr/local/bin/pip* \
  /usr/local/bin/pydoc* /usr/local/bin/wheel "$library"/config-3.11-* "$library"/ensurepip "$library"/idlelib "$library"/lib2to3 \
  "$library"/distutils "$library"/pydoc_data "$library"/site-packages/* "$library"/tkinter "$library"/turtledemo \
  "$library"/unittest/test
rm -f "$library"/lib-dynload/_dbm.* "$library"/lib-dynload/_tkinter.* "$library"/lib-dynload/_test*
