#!/bin/bash
# Boots real clusters from rendered bundles, in namespaces of this machine, and asserts that they behave as their
# profiles say. The machine must be Linux, and this must be root.
#
#   test/cluster/run.sh                      baseline and restricted, on the newest minor
#   test/cluster/run.sh cis-level-2 plain    other built-in profiles; plain is kubeadm without any
#   test/cluster/run.sh all                  all of them, and plain
#   VERSION=1.36.3 test/cluster/run.sh       another version, one of those in test/acceptance/mods
#   RUN=TestUpgrade test/cluster/run.sh      one of TestCluster, TestUpgrade, TestAdoption (of plain)
#   UPGRADES=restricted test/cluster/run.sh  upgrades only to these of the profiles, instead of all
#   BUILD_ONLY=1 test/cluster/run.sh         builds and stops there
#   JOBS=1 test/cluster/run.sh               one profile after the other, instead of two at once
#
# Below build/cluster: programs in parts, what was seen in results, what a failed run's nodes had to say in logs, and the
# names of the profiles that failed in the file failed. Nodes write below SCRATCH_DIR (/var/tmp), which must be on a disk.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
newest=$(sed -n 's,^require k8s.io/kubernetes v,,p' ../acceptance/mods/1.*.mod | sort -V | tail -n 1)
version=${VERSION:-$newest}
profiles=("$@")
[ $# -gt 0 ] || profiles=(baseline restricted)
if [ "${profiles[*]}" = all ]; then profiles=(plain baseline cis-level-1 cis-level-2 disa-stig nsa-cisa restricted); fi
# The minor before, from which the cluster is upgraded.
before=1.$(($(echo "$version" | cut -d. -f2) - 1))
from=$(sed -n 's,^require k8s.io/kubernetes v,,p' "../acceptance/mods/$before.mod" 2>/dev/null || true)
built=$root/build/cluster
scratch=${SCRATCH_DIR:-/var/tmp}/hardstrap-cluster
# What kubelets set for the whole machine, and what many systemds, containerds and kubelets need of one.
parameters=(vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes
	fs.inotify.max_user_instances fs.inotify.max_user_watches)

# can_run says all that this machine lacks, at once.
can_run() {
	local program lacking=()
	[ "$(uname -s)" = Linux ] || lacking+=("Linux: this is $(uname -s)")
	[ "$(id -u)" = 0 ] || lacking+=("root: nodes are made of namespaces, mounts and control groups; run it with sudo")
	for program in go:golang runc:runc nft:nftables iptables:iptables ipset:ipset conntrack:conntrack ip:iproute2 nsenter:util-linux \
		unshare:util-linux setpriv:util-linux flock:util-linux sysctl:procps openssl:openssl ldd:libc-bin /lib/systemd/systemd:systemd \
		dbus-daemon:dbus /usr/sbin/xtables-nft-multi:iptables; do
		command -v "${program%%:*}" >/dev/null || lacking+=("${program%%:*}, of Debian's package ${program#*:}")
	done
	[ ${#lacking[@]} -gt 0 ] || return 0
	echo "this machine cannot run clusters. It lacks:" >&2
	printf '  %s\n' "${lacking[@]}" >&2
	return 1
}

# clean takes away what nodes leave: the files of control groups that nothing runs in any more, what they wrote (keys
# among it), and what they set for the whole machine. At the start that is what a killed run left.
clean() {
	local name value tries
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		find /sys/fs/cgroup -depth -type d -path '*/hardstrap-*' -exec rmdir {} + 2>/dev/null || true
		[ -n "$(find /sys/fs/cgroup -type d -path '*/hardstrap-*' -print -quit)" ] || break
		sleep 1
	done
	rm -rf "$scratch" || true
	[ -e "$built/parameters" ] || return 0
	while read -r name value; do sysctl -qw "$name=$value" || true; done <"$built/parameters"
	rm "$built/parameters"
}

# one PROFILE: its tests, in a network namespace for the harness. The control adopts a profile, the others are upgraded
# to, but for the oldest minor.
one() {
	local profile=$1 tests=TestCluster
	if [ "$profile" = plain ]; then
		tests='TestCluster|TestAdoption'
	elif [ -n "$from" ] && [[ " ${UPGRADES-${profiles[*]}} " == *" $profile "* ]]; then
		tests='TestCluster|TestUpgrade'
	fi
	mkdir -p "$scratch/$profile"
	rm -f "$built/results/$profile-$version-"*.json
	PROFILE=$profile VERSION=$version FROM=$from PARTS=$built/parts SCRATCH=$scratch/$profile \
		LOGS=$built/logs/$profile-$version RESULTS=$built/results \
		unshare --net --mount "$built/parts/cluster.test" -test.v -test.timeout 60m -test.run "${RUN:-$tests}" 2>&1 |
		tee "$scratch/$profile.log" | sed --unbuffered "s/^/$profile  /" >&2 || return
	! grep -q 'no tests to run' "$scratch/$profile.log" || return
	touch "$scratch/$profile.ok"
}

# inside is the first process of a PID namespace: when it ends, in whatever way, the kernel ends all that it started.
if [ "${CLUSTER_INSIDE:-}" = yes ]; then
	trap 'exit 130' INT TERM
	for profile in "${profiles[@]}"; do
		# Two at once: most of the time each waits for its own kubelets.
		while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n || true; done
		echo "== $profile on Kubernetes $version" >&2
		one "$profile" &
	done
	wait
	failed=()
	for profile in "${profiles[@]}"; do [ -e "$scratch/$profile.ok" ] || failed+=("$profile"); done
	[ ${#failed[@]} -gt 0 ] || exit 0
	echo "${failed[*]}" >"$built/failed"
	echo "not as the profile says: ${failed[*]}; logs of the nodes are in build/cluster/logs" >&2
	exit 1
fi

can_run || exit 2
mkdir -p "$built"/{parts,results,logs}
# Two runs at once would take each other's control groups away. The lock goes with the last process that has it.
exec 9>/run/hardstrap-cluster.lock
flock --nonblock 9 || { echo "another run goes on on this machine: wait for it" >&2; exit 2; }
./build.sh "$version" ${from:+"$from"}
[ -z "${BUILD_ONLY:-}" ] || exit 0

clean
rm -f "$built/failed"
mkdir -p -m 0700 "$scratch"
for name in "${parameters[@]}"; do echo "$name $(sysctl -n "$name")"; done >"$built/parameters.new"
mv "$built/parameters.new" "$built/parameters"
# Whatever ends this script ends all that it started: the first process inside dies with unshare, and everything with it.
inner=
trap '[ -z "$inner" ] || { kill -KILL "$inner" && wait "$inner"; } 2>/dev/null || true; clean' EXIT
trap 'exit 130' INT TERM
sysctl -qw fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=1048576
result=0
CLUSTER_INSIDE=yes setpriv --pdeathsig KILL unshare --pid --fork --kill-child --mount --mount-proc "$BASH" ./run.sh "${profiles[@]}" &
inner=$!
wait "$inner" || result=$?
inner=
trap - EXIT
clean
left=$(find /sys/fs/cgroup -type d -path '*/hardstrap-*')
if [ -n "$left" ] || [ -e "$scratch" ]; then
	printf 'left behind by nodes:\n%s\n' "$left" >&2
	result=1
fi
exit $result
