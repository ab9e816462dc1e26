package testnode

import (
	"encoding/base64"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/bundle"
)

// Root is a node's root directory.
type Root struct {
	Dir string
	// Entries tell mode and owner of everything below Dir, by the path on the node (/etc/passwd). Where a test does not
	// run as root, files belong to whoever runs it and only this tells whose they should be.
	Entries map[string]Entry
}

// Entry is how one file or directory is to look.
type Entry struct {
	Mode  fs.FileMode // type and permission bits
	Owner string      // user:group
}

// Write lays a node down in dir, which should be empty. Modes are those of the node; as root, owners too, by the numbers
// in the node's own /etc/passwd and /etc/group.
func Write(t testing.TB, dir string, n Node) *Root {
	t.Helper()
	nd := &node{t: t, files: map[string]*file{}}
	nd.lay(archive(t, "packages.txtar"))
	if n.Profile != "" {
		nd.layBundle(Cluster(t, n.Profile, n.Minor).Bundle, n.Role)
	}
	nd.lay(n.archive(t))
	nd.accounts()
	nd.parents()
	nd.tmpfiles()
	return nd.write(dir)
}

// node is a node's root in memory, by path on the node.
type node struct {
	t     testing.TB
	files map[string]*file
}

// file is a file, a directory or a link.
type file struct {
	mode  fs.FileMode
	owner string
	data  []byte // a link's target
}

const root = "root:root"

func (nd *node) put(path string, mode fs.FileMode, owner string, data []byte) {
	nd.files[path] = &file{mode: mode, owner: owner, data: data}
}

// layBundle lays the files of a role as `hardstrap install` does: what holds secrets is in a directory of its own.
func (nd *node) layBundle(b *bundle.Bundle, role string) {
	for _, f := range b.Files {
		onNode, ok := strings.CutPrefix(f.Path, "host/"+role)
		if !ok {
			continue
		}
		mode, owner := f.Mode.Perm(), f.Owner
		if mode == 0 {
			mode = bundle.DefaultMode
		}
		if owner == "" {
			owner = root
		}
		if f.Secret {
			mode = bundle.SecretMode
			nd.put(path.Dir(onNode), fs.ModeDir|bundle.SecretDirMode, root, nil)
		}
		nd.put(onNode, mode, owner, f.Data)
	}
}

// parents adds the directories that nobody says anything of.
func (nd *node) parents() {
	for _, p := range slices.Collect(maps.Keys(nd.files)) {
		for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
			if nd.files[dir] == nil {
				nd.put(dir, fs.ModeDir|bundle.DirMode, root, nil)
			}
		}
	}
}

// write writes it all below dir.
func (nd *node) write(dir string) *Root {
	nd.t.Helper()
	out := &Root{Dir: dir, Entries: map[string]Entry{}}
	must := func(err error) {
		nd.t.Helper()
		if err != nil {
			nd.t.Fatal(err)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(nd.files)) { // directories before what is in them
		f, here := nd.files[p], filepath.Join(dir, filepath.FromSlash(p))
		out.Entries[p] = Entry{f.mode, f.owner}
		switch f.mode.Type() {
		case fs.ModeDir:
			must(os.Mkdir(here, f.mode.Perm()))
		case fs.ModeSymlink:
			must(os.Symlink(string(f.data), here))
		default:
			must(os.WriteFile(here, f.data, f.mode.Perm()))
		}
		if f.mode.Type() != fs.ModeSymlink {
			must(os.Chmod(here, f.mode.Perm())) // whatever the umask is
		}
		if os.Geteuid() == 0 {
			uid, gid := nd.ids(f.owner)
			must(os.Lchown(here, uid, gid))
		}
	}
	return out
}

// base64PEM is how a kubeconfig embeds.
func base64PEM(pem []byte) string { return base64.StdEncoding.EncodeToString(pem) }
