#!/bin/bash
# Boots real clusters from rendered bundles, in namespaces of this machine, and asserts that they behave as their
# profiles say. The machine must be Linux, and this must be root.
#
#   test/cluster/run.sh                      baseline and restricted, on the newest minor: what CI runs
#   test/cluster/run.sh cis-level-2 plain    other built-in profiles; plain is kubeadm without any
#   test/cluster/run.sh all                  all of them, and plain
#   VERSION=1.36.3 test/cluster/run.sh       another version, one of those in test/acceptance/mods
#   RUN=TestCluster/boots test/cluster/run.sh    as go test's -run
#   BUILD_ONLY=1 test/cluster/run.sh         builds and stops there
#   JOBS=1 test/cluster/run.sh               one profile after the other, instead of two at once
#
# Programs stay in build/cluster/parts, what a failed run's nodes had to say in build/cluster/logs, what was seen in
# build/cluster/results.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
version=${VERSION:-1.37.0}
profiles=("$@")
[ $# -gt 0 ] || profiles=(baseline restricted)
if [ "${profiles[*]}" = all ]; then profiles=(plain baseline cis-level-1 cis-level-2 disa-stig nsa-cisa restricted); fi

# All that is missing, at once.
lacking=()
[ "$(uname -s)" = Linux ] || lacking+=("Linux: this is $(uname -s)")
[ "$(id -u)" = 0 ] || lacking+=("root: nodes are made of namespaces, mounts and control groups; run it with sudo")
for program in go runc:runc nft:nftables iptables:iptables ipset:ipset conntrack:conntrack ip:iproute2 nsenter:util-linux openssl:openssl \
	ldd:libc-bin /lib/systemd/systemd:systemd dbus-daemon:dbus /usr/sbin/xtables-nft-multi:iptables; do
	command -v "${program%%:*}" >/dev/null || lacking+=("${program%%:*}, of Debian's package ${program#*:}")
done
if [ ${#lacking[@]} -gt 0 ]; then
	echo "this machine cannot run clusters. It lacks:" >&2
	printf '  %s\n' "${lacking[@]}" >&2
	exit 2
fi

# The minor before, from which the cluster is upgraded.
before=1.$(($(echo "$version" | cut -d. -f2) - 1))
from=$(sed -n 's,^require k8s.io/kubernetes v,,p' "../acceptance/mods/$before.mod" 2>/dev/null || true)
./build.sh "$version" ${from:+"$from"}
[ -z "${BUILD_ONLY:-}" ] || exit 0

scratch=$(mktemp -d "${SCRATCH_DIR:-/var/tmp}/hardstrap-cluster.XXXXXX")
results=$root/build/cluster/results
mkdir -p "$results" "$root/build/cluster/logs"

# What kubelets set for the whole machine is set back.
parameters=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes)
declare -A was
for name in "${parameters[@]}"; do was[$name]=$(sysctl -n "$name"); done
cleanup() {
	local job
	for job in $(jobs -rp); do kill -- "-$job" 2>/dev/null || true; done
	wait
	for name in "${parameters[@]}"; do sysctl -qw "$name=${was[$name]}" || true; done
	# Nodes of a run that was killed are gone with its namespaces, but not their control groups.
	find /sys/fs/cgroup -depth -type d -path '*/hardstrap-*' -exec rmdir {} + 2>/dev/null || true
	rm -rf "$scratch"
}
trap cleanup EXIT

# one PROFILE: its tests, in new namespaces for the harness itself: its bridge and its processes end with it, however
# it ends. The control has no commands to be upgraded by, and the oldest minor none before it.
one() {
	local profile=$1 tests=Test
	if [ "$profile" = plain ] || [ -z "$from" ]; then tests=TestCluster; fi
	mkdir -p "$scratch/$profile"
	PROFILE=$profile VERSION=$version FROM=$from PARTS=$root/build/cluster/parts SCRATCH=$scratch/$profile \
		LOGS=$root/build/cluster/logs/$profile-$version RESULTS=$results \
		unshare --net --mount --pid --fork --kill-child --mount-proc \
		"$root/build/cluster/parts/cluster.test" -test.v -test.timeout 60m -test.run "${RUN:-$tests}" 2>&1 |
		sed --unbuffered "s/^/$profile  /" >&2 || touch "$scratch/$profile.failed"
	rm -rf "${scratch:?}/$profile"
}

set -m # a process group for each, so that all of it can be ended
# Two at once: most of the time each waits for its own kubelets.
for profile in "${profiles[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n; done
	one "$profile" &
done
wait
failed=$(cd "$scratch" && find . -name '*.failed' | sed 's,^./,,; s,.failed$,,' | sort | tr '\n' ' ')
if [ -n "$failed" ]; then
	echo "not as the profile says: $failed; logs of the nodes are in build/cluster/logs" >&2
	exit 1
fi
