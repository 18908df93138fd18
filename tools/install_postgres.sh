#!/bin/sh
# PostgreSQL for the tests of the compose stack. Only root gets it with apt-get, as in a container or on a CI machine:
# on a machine with users, nobody expects a database server from `make test`.
set -eu

ready() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

ready && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing postgresql with apt-get" >&2
    export DEBIAN_FRONTEND=noninteractive
    # The tests make databases of their own: no server starts with the machine.
    if apt-get update -qq >/dev/null &&
        apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null &&
        sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf &&
        apt-get install -y -qq --no-install-recommends postgresql >/dev/null; then
        ready && exit 0
    fi
fi

echo "no PostgreSQL: the tests of the compose stack are skipped (on Debian: apt-get install postgresql)" >&2
