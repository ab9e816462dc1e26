package generate

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/bundle"
)

// TestListsOfFiles: every file of a node is in its list, with the mode and owner of the bundle, and
// with a digest unless it holds keys or is filled in on the node.
func TestListsOfFiles(t *testing.T) {
	in := inputOf(fullSet())
	in.FileIntegrity = true
	files := render(t, in)
	text := func(name string) string { return string(files["companions/file-integrity/"+name].Data) }
	for _, node := range []string{"control-plane", "worker"} {
		listed := 0
		for path, f := range files {
			onNode, ok := strings.CutPrefix(path, "host/"+node+"/")
			if !ok {
				continue
			}
			listed++
			digest := fmt.Sprintf("%x", sha256.Sum256(f.Data))
			line := fmt.Sprintf("\n./%s type=file mode=%04o uname=root gname=root", onNode, f.Mode)
			if f.Secret || strings.HasSuffix(path, "/join.yaml") {
				if strings.Contains(text(node+".mtree"), digest) || strings.Contains(text(node+".sha256"), onNode+"\n") {
					t.Errorf("%s has a digest", path)
				}
			} else {
				line += " sha256=" + digest
				if !strings.Contains(text(node+".sha256"), "\n"+digest+"  "+onNode+"\n") {
					t.Errorf("%s is not in the list for sha256sum", path)
				}
			}
			if !strings.Contains(text(node+".mtree"), line+"\n") {
				t.Errorf("%s is not in the list for mtree as %q", path, line)
			}
		}
		if got := strings.Count(text(node+".mtree"), " type=file "); got != listed {
			t.Errorf("%s: %d files are listed of %d", node, got, listed)
		}
	}
}

func TestNoListUnasked(t *testing.T) {
	for path := range render(t, inputOf(fullSet())) {
		if strings.Contains(path, "file-integrity") {
			t.Errorf("there is %s", path)
		}
	}
}

// TestListRefusesPaths: what a reader could take for a pattern or an escape is not written.
func TestListRefusesPaths(t *testing.T) {
	for _, name := range []string{"a b", "a*", "a\\b", "a\nb", "#a", "a?", "[a]", ""} {
		if _, err := integrityDrafts([]bundle.File{{Path: "host/worker/" + name}}); err == nil {
			t.Errorf("%q is listed", name)
		}
	}
}
