#!/bin/bash
# Renders every built-in profile for every Kubernetes minor, and the profiles of golden/options, and gives every file
# to the minor's own code: builds hardstrap, then one program with all Kubernetes components and one etcd per minor,
# from the modules that mods/ names, and runs the tests of this folder with each.
#
#   test/acceptance/run.sh              all minors
#   test/acceptance/run.sh 1.37 1.36    some
#   BUILD_ONLY=1 test/acceptance/run.sh builds and stops there
#   VERBOSE=1 test/acceptance/run.sh    shows what each check says, not only the failures
#   UPDATE=1 test/acceptance/run.sh     writes the nodes of internal/testnode anew instead of any check
#
# The first run compiles Kubernetes once per minor, which takes long; the next ones find it in Go's build cache. The
# programs stay in build/acceptance.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
root=$(cd ../.. && pwd)
built=$root/build/acceptance
mkdir -p "$built"
# As test/cluster builds the same code, which Go's build cache then has for both.
export CGO_ENABLED=0
minors=("$@")
[ $# -gt 0 ] || minors=(1.33 1.34 1.35 1.36 1.37)
# The etcd that each minor's kubeadm deploys (cmd/kubeadm/app/constants/constants.go, DefaultEtcdVersion).
declare -A etcd_of=([1.33]=3.5 [1.34]=3.6 [1.35]=3.6 [1.36]=3.6 [1.37]=3.7)
profiles=(baseline restricted cis-level-1 cis-level-2 disa-stig nsa-cisa)
basis=cis-level-1

began=$SECONDS
say() { printf '%4ds  %s\n' $((SECONDS - began)) "$*" >&2; }
version_of() { sed -n 's,^require k8s.io/kubernetes v,,p' "mods/$1.mod"; }

# build_minor MINOR: the components of a minor, with the version its release is linked with, from which kubeadm and
# the others derive what they support.
build_minor() {
	local minor=$1 version base=k8s.io/component-base/version
	version=$(version_of "$minor")
	say "building the components of $version"
	local flags=(-modfile="mods/$minor.mod" -tags "k${minor/./}"
		-ldflags "-s -w -X $base.gitVersion=v$version -X $base.gitMajor=1 -X $base.gitMinor=${minor#1.}")
	go build -buildvcs=false "${flags[@]}" -o "$built/kube-$minor" ./kube
	go test -c "${flags[@]}" -o "$built/acceptance-$minor.test" .
	local etcd=${etcd_of[$minor]}
	say "building etcd $etcd"
	go build -buildvcs=false -modfile="mods/etcd-$etcd.mod" -ldflags "-s -w" -o "$built/etcd-$etcd" ./etcd
}

# profile NAME MINOR: a profile that only pins the version.
profile() {
	cat <<-END
		apiVersion: hardstrap.dev/v1alpha1
		kind: Profile
		metadata: {name: $1}
		extends: [$1]
		kubernetesVersion: $(version_of "$2")
	END
}

# render MINOR: the bundles of a minor, into $work/bundles and, without keys, into $work/unkeyed.
render() {
	local minor=$1 name file
	mkdir -p "$work/profiles/$minor"
	for name in "${profiles[@]}"; do
		file=$work/profiles/$minor/$name.yaml
		profile "$name" "$minor" >"$file"
		"$built/hardstrap" generate "$file" -o "$work/bundles/$name/$minor" --new-keys >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }
	done
	"$built/hardstrap" generate "$work/profiles/$minor/$basis.yaml" -o "$work/unkeyed/$minor" --without-keys >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }
	for file in testdata/policies*.yaml; do
		name=$(basename "$file" .yaml)
		[ "$name" != policies-static ] || [ "$minor" = 1.37 ] || continue # which has static manifests first
		sed "s/^kubernetesVersion: .*/kubernetesVersion: $(version_of "$minor")/" "$file" >"$work/profiles/$minor/$name.yaml"
		"$built/hardstrap" generate "$work/profiles/$minor/$name.yaml" -o "$work/policies/$name/$minor" --without-keys >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }
	done
	for file in "$root"/golden/options/*.yaml; do
		grep -qs "^kubernetesVersion: *[\"']\\?v\\?$minor\\." "$file" || continue
		name=$(basename "$file" .yaml)
		cp -r "$root/golden/options/." "$work/profiles/$minor/"
		"$built/hardstrap" generate "$work/profiles/$minor/$name.yaml" -o "$work/bundles/$name/$minor" --new-keys >"$work/out" 2>&1 || { cat "$work/out" >&2; return 1; }
	done
}

say "building hardstrap"
(cd "$root" && go build -buildvcs=false -o "$built/hardstrap" ./cmd/hardstrap)
for minor in "${minors[@]}"; do build_minor "$minor"; done
[ -z "${BUILD_ONLY:-}" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/pki" "$work/tmp"
failed=()
for minor in "${minors[@]}"; do
	say "rendering for $minor"
	render "$minor" || { failed+=("$minor"); continue; }
	say "judging the bundles of $minor"
	MINOR=$minor BUNDLES=$work/bundles UNKEYED=$work/unkeyed/$minor POLICIES=$work/policies BASIS=$basis BUILTINS="${profiles[*]}" PKI=$work/pki TMPDIR=$work/tmp \
		HARDSTRAP=$built/hardstrap KUBE=$built/kube-$minor ETCD=$built/etcd-${etcd_of[$minor]} \
		"$built/acceptance-$minor.test" -test.parallel 4 ${VERBOSE:+-test.v} ${UPDATE:+-update -test.run ^TestNodes\$} 2>&1 | tee "$work/$minor.log" || failed+=("$minor")
done
cd "$here"
say "all done"
[ -z "${UPDATE:-}" ] || exit $((${#failed[@]} > 0))
echo
echo "== what each minor's own code said"
for minor in "${minors[@]}"; do grep -E "^$minor " "$work/$minor.log" || echo "$minor nothing"; done
if [ ${#failed[@]} -gt 0 ]; then
	echo "not all accepted: ${failed[*]}" >&2
	exit 1
fi
