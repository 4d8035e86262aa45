#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the tests in every environment that is set up, each in its own process and with its own time limit, and fails if any
# of them fails. Arguments go to pytest, so `scripts/run_tests.sh -k loop` runs a selection everywhere.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export GID_WORKER="$PWD/.venv/worker"
# The worker's suite runs beside Blender's: threads of torch that wait for a core make it slower than none.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(( ($(nproc) + 1) / 2 ))}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
# timeout leads a process group of its own, which Ctrl-C does not reach.
trap 'kill $(cat "$results"/*.pid) 2>/dev/null; exit 130' INT TERM

# suite NAME LIMIT COMMAND …: its line of the summary goes to a file, since it may run in a process of its own.
suite() {
  local name=$1 limit=$2 started=$SECONDS code=0 said
  shift 2
  printf '\n===== %s =====\n' "$name"
  # -k: a bpy that hangs at exit ignores the first signal.
  timeout -k 10 "$limit" "$@" &
  echo $! >"$results/$name.pid"
  wait $! || code=$?
  case $code in
    0) said="passed " ;;
    # Nothing selected is no failure when the caller selects.
    5) if [ "$selecting" = yes ]; then said="empty  "; else said="EMPTY  "; fi ;;
    124 | 137) said="HUNG   " ;;
    *) said="FAILED " ;;
  esac
  echo "$said $name  $((SECONDS - started)) s  (status $code)" >"$results/$name"
}

selecting=no
[ $# -gt 0 ] && selecting=yes

# In the background: half of all time is spent here, on one core.
suite worker 1800 .venv/worker/bin/python -m pytest -q tests/test_*.py tests/motion tests/setup tests/worker tests/backend tests/page "$@" \
  >"$results/output" 2>&1 &
# In Blender's Python: all of what Blender imports, and of tests/worker what the client is, with the real server in the
# other Python. What lies behind the server is tested above and is the same process for every client.
client=(tests/worker/test_{protocol,discovery,client_hostile,server}.py)
for blender in bpy45 bpy52; do
  if [ -e ".venv/$blender/.ready" ]; then
    suite "$blender" 1200 ".venv/$blender/bin/python" -m pytest -q tests/motion "${client[@]}" tests/blender "$@"
  else
    echo "absent  $blender  (Python 3.13 is not on this machine)" >"$results/$blender"
  fi
done
wait
cat "$results/output"

printf '\n'
cat "$results"/{worker,bpy45,bpy52}
! grep -qE '^(EMPTY|FAILED|HUNG)' "$results"/{worker,bpy45,bpy52}
