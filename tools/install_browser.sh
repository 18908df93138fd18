#!/bin/sh
# Chromium, its driver, and the libraries that OpenCV needs: installed with apt-get where they are missing.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }

library() { ldconfig -p 2>/dev/null | grep -q "$1"; }

ready() {
    { have chromium || have chromium-browser || have google-chrome; } && have chromedriver
}

if ready && { [ "$(uname -s)" != Linux ] || { library libGL.so.1 && library libgthread-2.0; }; }; then
    exit 0
fi

if have apt-get; then
    if [ "$(id -u)" = 0 ]; then as_root=""; elif have sudo; then as_root="sudo"; else as_root="none"; fi
    if [ "$as_root" != none ]; then
        echo "installing chromium, chromium-driver, libgl1, libglib2.0-0 with apt-get" >&2
        $as_root apt-get update -qq >/dev/null
        if DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            chromium chromium-driver libgl1 libglib2.0-0 fonts-dejavu-core >/dev/null 2>&1; then
            ready && exit 0
        fi
    fi
fi

echo "needed: Chromium (or Chrome) and its chromedriver on PATH; on Debian: apt-get install chromium chromium-driver libgl1 libglib2.0-0" >&2
exit 1
