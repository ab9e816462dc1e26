package testnode

import (
	"embed"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed nodes packages.txtar
var embedded embed.FS

// plain is the folder of nodes without a profile.
const plain = "plain"

// Node names a node.
type Node struct {
	Minor   string // 1.37
	Profile string // a built-in one; "" for a node of kubeadm's defaults, without hardstrap
	Role    string // control-plane or worker
}

// String is the node's name for a subtest.
func (n Node) String() string {
	profile := n.Profile
	if profile == "" {
		profile = plain
	}
	return n.Minor + "/" + profile + "/" + n.Role
}

// Names lists the nodes there are, by minor, profile and role.
func Names() []Node {
	// The pattern is fixed and right.
	files, _ := fs.Glob(embedded, "nodes/*/*/*.txtar")
	var out []Node
	for _, file := range files {
		parts := strings.Split(strings.TrimSuffix(file, ".txtar"), "/")
		n := Node{Minor: parts[1], Profile: parts[2], Role: parts[3]}
		if n.Profile == plain {
			n.Profile = ""
		}
		out = append(out, n)
	}
	return out
}

// archive reads one of the embedded files.
func archive(t testing.TB, name string) *txtar.Archive {
	t.Helper()
	text, err := embedded.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return txtar.Parse(text)
}

func (n Node) archive(t testing.TB) *txtar.Archive {
	t.Helper()
	return archive(t, path.Join("nodes", n.String()+".txtar"))
}
