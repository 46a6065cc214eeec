#!/usr/bin/env bash
# Compares this program with others that do the same, in the sandbox, and prints one Markdown table:
#   compare.sh [--runs N] [--only TEXT] [--no-install]
# --no-install takes himalaya, gws and the Python skill only if an earlier run, or the user, installed them.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=${CI_CACHE:-$HOME/.cache/mcs-gmail-ci}/compare
install=yes
arguments=()
for argument; do
  if [ "$argument" = --no-install ]; then install=; else arguments+=("$argument"); fi
done

cargo build --release --locked --quiet --bin mcs-gmail --example sandbox --example minimal
mkdir -p "$place"
if [ -n "$install" ]; then
  if [ ! -e "$place/python/complete" ]; then
    if python3 -m venv "$place/python" &&
      "$place/python/bin/pip" install --quiet mcs-driver-mail mcs-auth-auth0 mcs-auth-linkauth >&2; then
      touch "$place/python/complete"
    else
      echo 'compare: the packages of the Python skill cannot be installed' >&2
    fi
  fi
  for tool in himalaya:himalaya@2.2.1 gws:google-workspace-cli@0.22.5; do
    command -v "${tool%%:*}" >/dev/null || [ -x "$place/bin/${tool%%:*}" ] ||
      cargo install --quiet --locked --root "$place" --target-dir "$place/target" "${tool#*:}" >&2 ||
      echo "compare: ${tool#*:} cannot be installed" >&2
  done
fi
PATH=$place/bin:$PATH exec python3 tests/benches/compare.py --release target/release --python "$place/python/bin/python" "${arguments[@]}"
