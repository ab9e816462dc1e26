//go:build etcd35 || etcd36 || etcd37

// This file is empty: a package with an assembly file may declare functions without a body, as reach.go does for
// what it links to in etcdmain.
