#!/bin/bash
# Builds what clusters are made of into build/cluster/parts, each once: Kubernetes and the etcd that its kubeadm
# deploys for each version named, container runtime, network plugins, CoreDNS, an engine for NetworkPolicies, and this
# module's own programs. Everything comes from the Go module proxy; a part is built again when what names its version changes.
#
#   test/cluster/build.sh 1.37.0 1.36.3
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
root=$(cd ../.. && pwd)
parts=$root/build/cluster/parts
mkdir -p "$parts/stamps"
export CGO_ENABLED=0
began=$SECONDS
say() { printf '%4ds  %s\n' $((SECONDS - began)) "$*" >&2; }

# The etcd that each minor's kubeadm deploys (cmd/kubeadm/app/constants/constants.go, DefaultEtcdVersion), in the patch
# release that test/acceptance/mods pins.
declare -A etcd_of=([1.33]=3.5 [1.34]=3.6 [1.35]=3.6 [1.36]=3.6 [1.37]=3.7)

# once NAME FILE... -- COMMAND...: runs the command unless it has succeeded since the files were like this.
once() {
	local name=$1 files=()
	shift
	while [ "$1" != -- ]; do files+=("$1"); shift; done
	shift
	local stamp=$parts/stamps/$name now
	now=$(cat "${files[@]}" "$here/build.sh" | sha256sum; go version)
	if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then return; fi
	say "building $name"
	"$@"
	printf '%s\n' "$now" >"$stamp"
}

# kubernetes VERSION: its components, linked with their version as a release is, from which kubeadm and the others derive
# what they support; and etcd.
kubernetes() {
	local version=$1 minor=${1%.*} out=$parts/kubernetes-$1 base=k8s.io/component-base/version
	mkdir -p "$out"
	local ldflags="-s -w -X $base.gitVersion=v$version -X $base.gitMajor=1 -X $base.gitMinor=${minor#1.}"
	(
		cd ../acceptance
		go build -buildvcs=false -modfile="mods/$minor.mod" -ldflags "$ldflags" -o "$out/" \
			k8s.io/kubernetes/cmd/{kubeadm,kubelet,kubectl,kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy}
		go build -buildvcs=false -modfile="mods/etcd-${etcd_of[$minor]}.mod" -ldflags "-s -w" -o "$out/etcd" go.etcd.io/etcd/server/v3
	)
}

# tools NAME: the programs that mods/NAME.mod lists.
tools() {
	mkdir -p "$parts/$1"
	go build -buildvcs=false -modfile="mods/$1.mod" -ldflags "-s -w" -tags no_btrfs,no_zfs,no_devmapper -o "$parts/$1/" tool
}

for version in "$@"; do
	minor=${version%.*}
	mod=../acceptance/mods/$minor.mod
	pinned=$(sed -n 's,^require k8s.io/kubernetes v,,p' "$mod" 2>/dev/null || true)
	if [ "$pinned" != "$version" ]; then
		echo "Kubernetes $version cannot be built: ${pinned:+of $minor, }test/acceptance/mods has ${pinned:-no $minor}; change VERSION, or make a file for it with test/acceptance/mods/make.sh" >&2
		exit 2
	fi
	once "kubernetes-$version" "$mod" "../acceptance/mods/etcd-${etcd_of[$minor]}.mod" -- kubernetes "$version"
done
for name in containerd cni coredns etcdctl crictl kube-router; do once "$name" "mods/$name.mod" -- tools "$name"; done
# This module's own programs, and hardstrap, are always built: Go's cache knows what changed.
say "building hardstrap and the tests"
(cd "$root" && go build -buildvcs=false -o "$parts/hardstrap" ./cmd/hardstrap)
go vet ./...
go build -buildvcs=false -ldflags "-s -w" -o "$parts/" ./app ./nodeinit
go test -c -o "$parts/cluster.test" .
