package generate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
)

// integrityDir is the folder of the lists within a bundle.
const integrityDir = "companions/file-integrity"

// integrityView is the list of the files of one kind of node.
type integrityView struct {
	Node    string           // control-plane, worker, or a member of etcd
	Entries []integrityEntry // directories before what is in them
	Digests []integrityEntry // the files that have one
}

// integrityEntry is a file or directory on a node.
type integrityEntry struct {
	Path   string // without the first slash
	Mode   string // "" for a directory: the bundle does not own it
	User   string
	Group  string
	Digest string // "" where there is none
	Note   string // why there is no digest
}

// filledInOnNode stands in a file for what is filled in on the node.
const filledInOnNode = "REPLACE-ME"

// integrityPath is what both formats hold without an escape and no reader takes for a pattern
// (mtree(5) of NetBSD: vis(3) and fnmatch(3) in names; sha256sum(1): backslash and newline).
var integrityPath = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_./+@,:-]*$`)

// integrityDrafts makes the lists of the files that the bundle puts on nodes, from those files. A
// secret one has no digest, which would tell whether a guessed key is right; nor has one with
// something to fill in, which is not that file any more once it is on the node.
func integrityDrafts(files []bundle.File) ([]draft, error) {
	views := map[string]*integrityView{}
	seen := map[string]bool{}
	for _, f := range slices.SortedFunc(slices.Values(files), func(a, b bundle.File) int { return strings.Compare(a.Path, b.Path) }) {
		node, onNode, ok := nodeOf(f.Path)
		if !ok {
			continue
		}
		if !integrityPath.MatchString(onNode) {
			return nil, fmt.Errorf("%q cannot stand in a list of files", onNode)
		}
		if views[node] == nil {
			views[node] = &integrityView{Node: node}
		}
		v := views[node]
		for _, dir := range parents(onNode) {
			if !seen[node+" "+dir] {
				seen[node+" "+dir] = true
				v.Entries = append(v.Entries, integrityEntry{Path: dir})
			}
		}
		e := integrityEntry{Path: onNode, Mode: fmt.Sprintf("%04o", f.Mode.Perm())}
		e.User, e.Group, _ = strings.Cut(f.Owner, ":")
		switch {
		case f.Secret:
			e.Note = "holds keys"
		case bytes.Contains(f.Data, []byte(filledInOnNode)):
			e.Note = "is filled in on the node"
		default:
			sum := sha256.Sum256(f.Data)
			e.Digest = hex.EncodeToString(sum[:])
			v.Digests = append(v.Digests, e)
		}
		v.Entries = append(v.Entries, e)
	}
	var out []draft
	for _, node := range sortedKeys(views) {
		for _, format := range []string{"mtree", "sha256"} {
			out = append(out, draft{
				path:     integrityDir + "/" + strings.ReplaceAll(node, "/", "-") + "." + format,
				template: "companions/file-integrity." + format + ".tmpl",
				view:     *views[node], mode: 0o644,
			})
		}
	}
	return out, nil
}

// nodeOf splits the path of a file in a bundle into the kind of node, host/etcd/<member> being
// one for each member, and the path there.
func nodeOf(name string) (node, onNode string, ok bool) {
	rest, ok := strings.CutPrefix(name, "host/")
	if !ok {
		return "", "", false
	}
	node, onNode, ok = strings.Cut(rest, "/")
	if node == "etcd" && ok {
		member, below, found := strings.Cut(onNode, "/")
		return "etcd/" + member, below, found
	}
	return node, onNode, ok
}

// parents lists the directories above a file, the outermost first.
func parents(name string) []string {
	var out []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		out = append(out, dir)
	}
	slices.Reverse(out)
	return out
}
