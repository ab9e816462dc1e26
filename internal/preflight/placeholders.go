package preflight

import (
	"bytes"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
)

var mark = regexp.MustCompile(`REPLACE-ME-[a-z-]+`)

// placeholders finds what stands for something that is not there yet: marks of join.yaml, which are filled
// in on the node once the cluster is there, and keys of a bundle rendered without any, with which
// kube-apiserver does not start.
func placeholders(n *Node) (diag.List, error) {
	var out diag.List
	for _, name := range slices.Sorted(maps.Keys(n.Files)) {
		data := n.Files[name]
		if bytes.Contains(data, []byte(keys.PlaceholderSecret)) {
			out.Add(inFile(fault("render the bundle with keys: hardstrap generate --new-keys", "has a mark in place of an encryption key, and kube-apiserver does not start with it"), filepath.Join(n.Root, name), 0))
		}
		var marks []string
		for _, m := range mark.FindAllString(string(data), -1) {
			if !slices.Contains(marks, m) {
				marks = append(marks, m)
			}
		}
		if len(marks) > 0 && !n.joined() {
			out.Add(inFile(warning("fill them in on the node before kubeadm join, as the file says", "has marks that are not filled in: %s", strings.Join(marks, ", ")), filepath.Join(n.Root, name), 0))
		}
	}
	return out, nil
}
