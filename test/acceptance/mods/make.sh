#!/bin/sh
# Makes mods/<minor>.mod and .sum from a released k8s.io/kubernetes, or mods/etcd-<minor>.mod from a released
# go.etcd.io/etcd/server/v3, with the very dependency versions that release was built with.
#
#   mods/make.sh kubernetes 1.37.0      mods/make.sh etcd 3.7.3
#
# Kubernetes requires its staging modules (k8s.io/api ...) at v0.0.0 and replaces them by folders of its own
# repository; here they are replaced by their published v0.NN.P instead (the samples are left out: no server needs them).
set -eu
cd "$(dirname "$0")/.."
what=$1 version=$2
minor=${version%.*}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dir_of() { # module@version -> its folder in the module cache
	(cd "$work" && go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
}
cat >"$work/go.mod" <<-END
	module work
	go 1.26.0
END

case $what in
kubernetes)
	module=k8s.io/kubernetes out=mods/$minor
	staging=v0.${version#1.}
	;;
etcd)
	module=go.etcd.io/etcd/server/v3 out=mods/etcd-$minor
	staging=
	;;
*)
	echo "usage: mods/make.sh kubernetes|etcd VERSION" >&2
	exit 2
	;;
esac
dir=$(dir_of "$module@v$version")

{
	echo "module github.com/hardstrap/hardstrap/test/acceptance"
	echo
	echo "go 1.26.0"
	echo
	# The release's own GODEBUG default decides the TLS defaults its binaries have.
	grep '^godebug default=' "$dir/go.mod" || true
	echo
	echo "require $module v$version"
	echo
	sed -n '/k8s.io\/sample-/d; /^require (/,/^)/p; s/^require \([^(].*\)/require \1/p' "$dir/go.mod" |
		sed "s, v0\.0\.0\$, $staging,"
	if [ -n "$staging" ]; then
		echo
		echo "replace ("
		sed -n "/sample-/d;s,^\t\(k8s.io/[a-z-]*\) v0.0.0\$,\t\1 => \1 $staging,p" "$dir/go.mod"
		echo ")"
	fi
} >"$out.mod"
cp "$dir/go.sum" "$out.sum"
go mod edit -fmt "$out.mod"
# What the release's own sum file lacks: the module itself and the modules of the same repository.
[ -f go.mod ] || cp "$out.mod" go.mod
# shellcheck disable=SC2046 # one argument a module
GOFLAGS="${GOFLAGS:-} -mod=mod -modfile=$out.mod" go mod download "$module" \
	$(sed -n 's,^\t\(k8s.io/[a-z-]*\) => .*,\1,p; s,^\t\(go.etcd.io/etcd/[^ ]*\) .*,\1,p' "$out.mod")
