#!/usr/bin/env bash
# Make .venv with the whole stack. Usage: deploy/install.sh [cpu|gpu]   (default: gpu where nvidia-smi finds one)
# Safe to run again. PYTHON names the interpreter (3.11 to 3.13), VENV the directory.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
HARDWARE=${1:-$(nvidia-smi -L >/dev/null 2>&1 && echo gpu || echo cpu)}
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '\033[1m%s\033[0m\n' "$*"; }

"$PYTHON" - <<'CHECK' || exit 1
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"raylign needs Python 3.11 to 3.13, this is {sys.version.split()[0]}: set PYTHON=python3.11")
CHECK

# A Debian package, where it is missing and may be installed; else what will be lacking is said.
provide() { # COMMAND, PACKAGE, what for, what happens without
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing $2 ($3)"
    get() { apt-get install -y -q --no-install-recommends "$2"; }
    (get "$@" || { apt-get update -q && get "$@"; }) >/dev/null && return
  fi
  say "$2 is not installed: $4. Install the package '$2'."
}
# Programs under test run in bubblewrap.
provide bwrap bubblewrap "the sandbox of the code judge" "the code judge will refuse to run"
provide chromium chromium "the browser of the page's tests" "the tests of the page will be skipped"

[ -x "$VENV/bin/python" ] || { say "Making $VENV"; "$PYTHON" -m venv "$VENV"; }
pip() { "$VENV/bin/python" -m pip -qq "$@"; }

if [ "$HARDWARE" = gpu ]; then
  say "Installing for CUDA (a few minutes)"
  pip install -e '.[gpu,dev]'
else
  say "Installing for CPU (about two minutes)"
  # The CPU build, from wherever pip is configured to look; else uv knows PyTorch's own index of CPU builds.
  "$VENV/bin/python" -c 'import torch' 2>/dev/null ||
    pip install --no-deps --no-compile 'torch==2.13.0+cpu' 2>/dev/null ||
    { pip install uv && "$VENV/bin/uv" pip install --python "$VENV/bin/python" --no-deps --torch-backend=cpu torch==2.13.0; }
  pip install --no-deps --no-compile -r requirements/cpu.txt -r requirements/dev.txt
  # Bytecode on all cores, which pip would make on one: the workers' first start would pay for it otherwise.
  "$VENV/bin/python" -m compileall -q -j 0 "$VENV/lib" >/dev/null 2>&1 || true
  pip install --no-deps --no-build-isolation -e .
fi
touch "$VENV/.installed"
say "Installed. Try: $VENV/bin/raylign --help"
