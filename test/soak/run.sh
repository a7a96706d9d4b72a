#!/usr/bin/env bash
# 20,000 training steps in Node, Deno and Bun, each under `for await` and under torch.scoped; plots into out/.
#   STEPS=20000 HOSTS="node node24 deno bun" MODES="await scoped" test/soak/run.sh
set -uo pipefail
cd "$(dirname "$0")/../.."
mkdir -p test/soak/out
status=0
for host in ${HOSTS:-node deno bun}; do
  for mode in ${MODES:-await scoped}; do
    echo "$host, $mode" >&2
    node test/hosts/launch.mjs "$host" test/soak/soak.ts "$mode" "${STEPS:-20000}" >"test/soak/out/$host-$mode.jsonl" || status=1
  done
done
[ -f test/soak/plot/node_modules/.package-lock.json ] || (cd test/soak/plot && npm ci --no-audit --no-fund) || exit 1
node test/soak/plot/plot.mjs test/soak/out || exit 1
exit $status
