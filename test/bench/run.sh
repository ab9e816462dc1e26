#!/usr/bin/env bash
# Whole runs of hardstrap beside whole runs of `helm template`, with a chart that renders what
# hardstrap rendered: CPU time, wall time and peak memory, in one table. docs/performance.md says
# what is compared and what is not. ROUNDS (10) rounds of RUNS (5) runs of each command; the
# commands take turns within a round, so that what else the machine does falls on all of them.
set -euo pipefail
cd "$(dirname "$0")"

rounds=${ROUNDS:-10} runs=${RUNS:-5}

# Tools: Debian's hyperfine and GNU time.
missing=()
command -v hyperfine >/dev/null || missing+=(hyperfine)
[ -x /usr/bin/time ] || missing+=(time)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "test/bench needs ${missing[*]}: on Debian, apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Both programs are built alike. helm is the tool that go.mod here pins; its first build takes
# minutes, later ones only link.
echo "building hardstrap and helm" >&2
build=(go build -trimpath -ldflags '-s -w')
(cd ../.. && "${build[@]}" -o "$work/hardstrap" ./cmd/hardstrap)
"${build[@]}" -o "$work/helm" helm.sh/helm/v4/cmd/helm
helm_version=$(go list -m -f '{{.Version}}' helm.sh/helm/v4)
go build -o "$work/makechart" ./makechart
go build -o "$work/table" ./table

# helm reads no configuration of this machine.
export HELM_CACHE_HOME=$work/helm-home HELM_CONFIG_HOME=$work/helm-home HELM_DATA_HOME=$work/helm-home
unset KUBECONFIG HELM_KUBECONTEXT HELM_NAMESPACE HELM_DEBUG

cd "$work"
cat >prod.yaml <<'EOF'
apiVersion: hardstrap.dev/v1alpha1
kind: Profile
metadata: {name: prod}
extends: [cis-level-1]
kubernetesVersion: 1.37.0
cluster:
  name: prod
  controlPlaneEndpoint: api.prod.example.org:6443
  podSubnet: 10.244.0.0/16
apiServer:
  audit: {log: {maxAge: 60}}
  flags: {request-timeout: 300s}
EOF

# The keys exist before anything is measured, and one bundle stands, to be found unchanged.
./hardstrap generate cis-level-1 -o same --new-keys >/dev/null 2>&1
./hardstrap generate prod.yaml -o prod --new-keys >/dev/null 2>&1
./hardstrap generate cis-level-1 -o review --without-keys >/dev/null 2>&1
./makechart review chart
echo "helm:   $(./helm template bundle chart | wc -c) bytes of output"

names=("generate cis-level-1, new" "generate cis-level-1, unchanged" "generate FILE, new" "helm template" "hardstrap --help" "helm --help")
commands=("./hardstrap generate cis-level-1 -o new" "./hardstrap generate cis-level-1 -o same" "./hardstrap generate prod.yaml -o new"
  "./helm template bundle chart" "./hardstrap --help" "./helm --help")

# What a run wrote is moved aside, not removed: ext4 is slow to hand out inodes that were freed a
# moment ago, which no real run meets.
mkdir old
cat >aside <<'EOF'
#!/bin/sh
[ ! -e new ] || mv new "old/$(date +%s%N)"
EOF
chmod +x aside

args=()
for i in "${!names[@]}"; do
  args+=(--prepare ./aside --command-name "${names[i]}" "${commands[i]}")
done
mkdir results
for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  hyperfine --shell=none --style=none --warmup 1 --runs "$runs" --export-json "results/round-$round.json" "${args[@]}"
  for i in "${!names[@]}"; do
    ./aside
    # shellcheck disable=SC2086 # words without blanks
    /usr/bin/time -f %M -o peak ${commands[i]} >/dev/null 2>&1
    printf '%s\t%s\n' "${names[i]}" "$(cat peak)" >>results/memory.tsv
  done
done

printf '\n%s, %s CPUs, load %s\n%s, helm %s\n\n' "$(uname -sm)" "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)" \
  "$(go version)" "$helm_version"
./table results
