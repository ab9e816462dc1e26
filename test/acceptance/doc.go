// Package acceptance gives what hardstrap renders to the code of the real components.
//
// It is a Go module of its own, so that hardstrap itself never depends on Kubernetes. One source serves every minor:
// mods/<minor>.mod names the release to build with (go build -modfile=mods/1.37.mod -tags k137), and what differs
// between minors lies in files with build tags. mods/make.sh makes those files; cmd/makecatalog reads the facts
// of the catalog from the same modules. Nothing outside imports this module.
package acceptance
