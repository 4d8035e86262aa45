#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes one of the three environments, or brings it up to date:
#     setup_environment.sh worker|bpy45|bpy52 [TORCH_BACKEND]
# Can be run again at any time; what an interrupted run left is mended, or made anew where it cannot be.
# Exit status 3: this environment's Python is not on this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=$1
backend=${2:-cpu}
case $name in
  worker) version=3.11 pins=constraints/worker.txt probe="import torch, cv2, gid_backend" ;;
  bpy45) version=3.11 pins=constraints/blender45.txt probe="import bpy, os; os._exit(0)" ;;
  bpy52) version=3.13 pins=constraints/blender52.txt probe="import bpy, os; os._exit(0)" ;;
  *) echo "setup_environment.sh: “$name” is none of worker, bpy45, bpy52." >&2; exit 2 ;;
esac
folder=.venv/$name
python=$folder/bin/python

is_right() { "$1" -c "import sys, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" >/dev/null 2>&1; }

# A name on the path is not enough: pyenv's shims exist for versions that are switched off, and Debian's Python may lack ensurepip.
find_python() {
  local candidate
  while IFS= read -r candidate; do
    if [ -n "$candidate" ] && is_right "$candidate"; then echo "$candidate"; return; fi
  done < <(type -ap "python$version" || true
           ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version"*/bin/python 2>/dev/null || true
           uv python find "$version" 2>/dev/null || true)
  return 1
}

make_folder() {
  local base
  if ! base=$(find_python); then
    echo "$name: there is no Python $version (with its venv module) on this machine, so this part is left out." >&2
    exit 3
  fi
  rm -rf "$folder"
  echo "$name: a new environment with $("$base" -V)"
  "$base" -m venv "$folder"
}

pip() { "$python" -m pip --disable-pip-version-check --no-input "$@"; }

# uv knows the package index of each torch build. Where that index cannot be reached, PyPI's build has to do.
install_torch() {
  local pin
  pin=$(grep '^torch==' "$pins")
  if [ "$(cat "$folder/torch-backend" 2>/dev/null || echo cpu)" = "$backend" ] && pip show torch 2>/dev/null | grep "^Version: ${pin#torch==}" >/dev/null; then
    echo "$backend" >"$folder/torch-backend"
    return
  fi
  echo "$name: installing torch ($backend) …"
  pip install -qq -c "$pins" uv
  if ! UV_HTTP_RETRIES=0 UV_HTTP_TIMEOUT=30 "$folder/bin/uv" pip install -q --python "$python" --torch-backend "$backend" \
       --reinstall-package torch "$pin" 2>"$folder/uv.log"; then
    echo "worker: the package index of torch's “$backend” builds cannot be used (see $folder/uv.log); taking the build that pip finds."
    pip install -qq "$pin"
  fi
  echo "$backend" >"$folder/torch-backend"
}

install() {
  if [ "$name" = worker ]; then
    install_torch
    echo "$name: installing $(grep -c == "$pins") packages …"
    pip install -qq -r "$pins"
    # Built with the pinned setuptools that was just installed, so that nothing unpinned takes part.
    pip install -qq --no-deps --no-build-isolation -e .
  else
    echo "$name: installing $(grep '^bpy==' "$pins") …"
    pip install -qq -r "$pins"
  fi
  local problem
  if ! problem=$(timeout 300 "$python" -c "$probe" 2>&1); then
    echo "$problem" | tail -3 >&2
    case $problem in
      *"cannot open shared object file"*)
        echo "$name: Blender lacks a system library; on Debian or Ubuntu: apt install libxrender1 libxi6 libxfixes3 libxkbcommon0 libsm6 libgl1" >&2 ;;
    esac
    return 1
  fi
}

if [ "${GID_SETUP_STEP:-}" = install ]; then
  install
  exit
fi
# A process of its own: inside an `if`, bash would go on after a failed command.
install_step() { GID_SETUP_STEP=install bash scripts/setup_environment.sh "$name" "$backend"; }

rm -f "$folder"/.ready*
is_right "$python" || make_folder
# A half-written environment can make pip itself fail; once from an empty folder, then the fault lies elsewhere (with the
# network, say), and what was there before is put back.
if ! install_step; then
  echo "$name: once more from an empty environment."
  rm -rf "$folder.before"
  mv "$folder" "$folder.before"
  if (make_folder) && install_step; then
    rm -rf "$folder.before"
  else
    rm -rf "$folder"
    mv "$folder.before" "$folder"
    echo "$name: the environment could not be set up; the lines above say why. It can be tried again." >&2
    exit 1
  fi
fi
