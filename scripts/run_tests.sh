#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the tests in every environment that is set up, each in its own process and with its own time limit, and fails if any
# of them fails. Arguments go to pytest, so `scripts/run_tests.sh -k loop` runs a selection everywhere.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export GID_WORKER="$PWD/.venv/worker"
summary=()
status=0

suite() {
  local name=$1 limit=$2 started=$SECONDS code=0
  shift 2
  printf '\n===== %s =====\n' "$name"
  # -k: a bpy that hangs at exit ignores the first signal.
  timeout -k 10 "$limit" "$@" || code=$?
  case $code in
    0) summary+=("passed  $name  $((SECONDS - started)) s") ;;
    # Nothing selected is no failure when the caller selects.
    5) if [ "$selecting" = yes ]; then summary+=("empty   $name"); else summary+=("EMPTY   $name"); status=1; fi ;;
    124 | 137) summary+=("HUNG    $name  stopped after $limit s"); status=1 ;;
    *) summary+=("FAILED  $name  (status $code)  $((SECONDS - started)) s"); status=1 ;;
  esac
}

selecting=no
[ $# -gt 0 ] && selecting=yes

suite "worker" 1800 .venv/worker/bin/python -m pytest -q tests/test_*.py tests/motion tests/setup tests/worker tests/backend tests/page "$@"
# In Blender's Python: all of what Blender imports, and of tests/worker what the client is, with the real server in the
# other Python. What lies behind the server has been tested above and is the same process for every client.
client=(tests/worker/test_{protocol,discovery,client_hostile,server}.py)
for blender in bpy45 bpy52; do
  if [ -e ".venv/$blender/.ready" ]; then
    suite "$blender" 1200 ".venv/$blender/bin/python" -m pytest -q tests/motion "${client[@]}" tests/blender "$@"
  else
    summary+=("absent  $blender  (Python 3.13 is not on this machine)")
  fi
done

printf '\n'
printf '%s\n' "${summary[@]}"
exit $status
