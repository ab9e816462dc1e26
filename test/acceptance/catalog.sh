#!/bin/sh
# Makes internal/catalog/data again, from the releases that the files in mods/ name. With arguments, only those:
#
#   catalog.sh                    everything; the first time it compiles five Kubernetes releases
#   catalog.sh 1.37 etcd-3.7
set -eu
cd "$(dirname "$0")"
out=../../internal/catalog/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
make=./cmd/makecatalog
go build -modfile=mods/etcd-3.7.mod -o "$work/join" "$make"

etcd() { # 3.7
	echo "catalog: etcd $1" >&2
	go build -modfile="mods/etcd-$1.mod" -tags "etcd$(echo "$1" | tr -d .)" -o "$work/etcd-$1" "$make/etcd"
	"$work/etcd-$1" >"$work/etcd-$1.part"
	"$work/join" -out "$out" -name "etcd-$1" "$work/etcd-$1.part"
}

kubernetes() { # 1.37
	version=$(sed -n 's/^require k8s.io\/kubernetes //p' "mods/$1.mod")
	echo "catalog: Kubernetes $version (compiles it where the build cache has it not)" >&2
	# A release is linked with its version, and kubeadm derives from it what it deploys.
	v=k8s.io/component-base/version
	mkdir "$work/$1"
	go build -p "${JOBS:-2}" -modfile="mods/$1.mod" -tags "k$(echo "$1" | tr -d .)" -o "$work/$1/" \
		-ldflags "-s -w -X $v.gitVersion=$version -X $v.gitMajor=${1%.*} -X $v.gitMinor=${1#*.}" \
		"$make/kube-apiserver" "$make/kube-controller-manager" "$make/kube-scheduler" "$make/kubelet" "$make/kube-proxy" "$make/kubeadm"
	for component in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubeadm; do
		"$work/$1/$component" >"$work/$1/$component.part"
		rm "$work/$1/$component"
	done
	"$work/join" -out "$out" -name "kubernetes-$1" "$work/$1"/*.part
}

[ $# -gt 0 ] || set -- etcd-3.5 etcd-3.6 etcd-3.7 1.33 1.34 1.35 1.36 1.37
for what in "$@"; do
	case $what in
	etcd-*) etcd "${what#etcd-}" ;;
	*) kubernetes "$what" ;;
	esac
done
