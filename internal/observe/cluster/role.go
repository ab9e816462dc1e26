package cluster

import (
	_ "embed" // the role is a file
)

//go:embed role.yaml
var role []byte

// ClusterRole returns the least-privilege ClusterRole that Observe needs, and beside it the Role for what it reads in
// kube-system alone, as YAML. Its comments say how to bind both.
func ClusterRole() []byte { return append([]byte(nil), role...) } //nolint:revive // the kind is called so upstream
