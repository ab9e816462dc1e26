#!/bin/bash
# Renders the profiles of testdata and asks an independent evaluator who may talk to whom: builds hardstrap and runs the
# tests of this folder. Compiles Kubernetes' API types and clients, but no component.
#
#   test/connectivity/run.sh            compares with the tables in testdata
#   test/connectivity/run.sh -update    writes them anew
set -euo pipefail
cd "$(dirname "$0")"
go vet .
go test -count=1 . "$@" # hardstrap is built from another module, which Go's test cache does not see
