# Sourced by the scripts beside it: they must work from an empty environment and in any folder.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
export PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export LC_ALL=C.UTF-8
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
# Paths relative to the checkout, so that another clone on the same machine finds the compiled files too.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export PIP_DISABLE_PIP_VERSION_CHECK=1

python=$root/.venv/bin/python
logs=$root/build/logs
mkdir -p "$logs"

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# step NAME COMMAND...: runs a command into build/logs/NAME.log; a failure ends in one line that says where to look.
step() {
  local log=$logs/$1.log name=$1
  shift
  "$@" >"$log" 2>&1 && return
  local reason
  reason=$(grep -m1 -oiE 'temporary failure[a-z ]*|network is unreachable|connection (refused|timed out)' "$log" ||
    grep -m1 -iE '(^|[^a-z])(error|fatal)( [A-Z0-9]+)?:|^E: |CMake Error|No space left' "$log" ||
    tail -n 1 "$log")
  fail "set-up failed at $name: $reason (log: ${log#"$root"/})"
}
