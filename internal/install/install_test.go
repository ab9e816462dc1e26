package install

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/bundle"
)

// said is a plan's changes and problems, the root left out.
func said(p *Plan, root string) (changes, problems []string) {
	for _, c := range p.Changes {
		changes = append(changes, c.What+" "+c.Name)
	}
	for _, one := range p.Problems {
		problems = append(problems, strings.ReplaceAll(one.String(), root+"/", ""))
	}
	return changes, problems
}

const replaced = "; it is replaced, and kept below var/lib/hardstrap/backup"

// Every row changes a node on which bundleA is installed, and plans bundleB.
func TestPlans(t *testing.T) {
	usual := []string{"mkdir etc/kubernetes/hardstrap/admission", "mkdir etc/kubernetes/hardstrap/admission/policies",
		"create " + policy, "update " + encryption, "update " + sysctl, "mode " + unit, "remove " + audit,
		"update var/lib/hardstrap/hardstrap.json"}
	lost := encryption + ": warning: has an encryption key that the bundle's does not have; what was written with them, backups of etcd too, cannot be read without; this file is kept below var/lib/hardstrap/backup until you take them away"
	live := func(name, verb string) string { return name + ": is to " + verb + "; " + onlyLive }
	for _, row := range []struct {
		name     string
		change   func(t *testing.T, root string)
		live     bool
		changes  []string
		problems []string
	}{
		{name: "untouched", changes: usual, problems: []string{lost}},
		{
			name:    "a file changed by hand",
			change:  func(t *testing.T, root string) { put(t, root, sysctl, "mine\n"); put(t, root, audit, "mine\n") },
			changes: replaceIn(usual, "update "+sysctl, "replace "+sysctl),
			problems: []string{audit + ": warning: was changed since hardstrap wrote it, and the bundle no longer has it; it is removed, and kept below var/lib/hardstrap/backup",
				lost, sysctl + ": warning: was changed since hardstrap wrote it" + replaced},
		},
		{
			name:     "somebody else's file",
			change:   func(t *testing.T, root string) { put(t, root, policy, "mine\n") },
			changes:  append([]string{"replace " + policy}, usual[3:]...),
			problems: []string{policy + ": warning: was not written by hardstrap" + replaced, lost},
		},
		{
			name: "the mode of a file and of directories",
			change: func(t *testing.T, root string) {
				chmod(t, root, "etc/kubernetes/hardstrap", 0o755) // the bundle names it
				chmod(t, root, filepath.Dir(encryption), 0o755)   // a key stands in it
				chmod(t, root, "etc/sysctl.d", 0o700)             // the node's own affair
			},
			changes:  append([]string{"mode etc/kubernetes/hardstrap", usual[0], usual[1], "mode etc/kubernetes/hardstrap/encryption"}, usual[2:]...),
			problems: []string{lost},
		},
		{
			name: "join.yaml filled in is kept",
			change: func(t *testing.T, root string) {
				put(t, root, join, filledIn("abcdef.0123456789abcdef"))
				chmod(t, root, join, 0o600)
			},
			changes: usual, problems: []string{lost},
		},
		{
			name:    "join.yaml changed otherwise is not",
			change:  func(t *testing.T, root string) { put(t, root, join, filledIn("x")+"more: true\n") },
			changes: insert(usual, 4, "replace "+join), problems: []string{lost, join + ": warning: was changed since hardstrap wrote it" + replaced},
		},
		{
			name:    "a running API server",
			change:  func(t *testing.T, root string) { put(t, root, apiServerManifest, "- --audit-policy-file=/"+audit+"\n") },
			changes: usual,
			problems: []string{
				live(policy, "be made"),
				audit + ": warning: is to be removed, and the manifest of kube-apiserver still names it; kube-apiserver does not start without it: take the bundle's flags over, as its README says, before it restarts",
				lost, live(encryption, "change"),
			},
		},
		{
			name: "a running API server, live", live: true,
			change:   func(t *testing.T, root string) { put(t, root, apiServerManifest, "\n") },
			changes:  usual,
			problems: []string{lost},
		},
		{
			name:     "a link where a file goes",
			change:   func(t *testing.T, root string) { link(t, root, sysctl, "/etc/passwd") },
			changes:  replaceIn(usual, "update "+sysctl, ""),
			problems: []string{lost, sysctl + ": is a symbolic link where the bundle has a file; move it away"},
		},
		{
			name: "a directory became a link",
			change: func(t *testing.T, root string) {
				if err := os.Rename(filepath.Join(root, "etc/sysctl.d"), filepath.Join(root, "elsewhere")); err != nil {
					t.Fatal(err)
				}
				link(t, root, "etc/sysctl.d", "../elsewhere")
			},
			changes:  replaceIn(usual, "update "+sysctl, ""),
			problems: []string{lost, "etc/sysctl.d: is a symbolic link where the bundle needs a directory; move it away; no link below the root is followed"},
		},
		{
			name: "a directory and a file in the way",
			change: func(t *testing.T, root string) {
				put(t, root, policy+"/mine", "mine\n")
				link(t, root, "etc/tmpfiles.d/hardstrap.conf", "x")
			},
			changes: usual[3:],
			problems: []string{policy + ": is a directory where the bundle has a file; move it away", lost,
				tmpfiles + ": is a symbolic link where the bundle has a file; move it away"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := filepath.Join(memoryDir(t), "root")
			put(t, root, "etc/passwd", "root:x:0:0::/:/bin/sh\n")
			mustInstall(t, options(t, root, bundleA()))
			if row.change != nil {
				row.change(t, root)
			}
			before := describe(t, root)
			o := options(t, root, bundleB())
			o.Live = row.live
			p, err := Survey(o)
			if err != nil {
				t.Fatal(err)
			}
			changes, problems := said(p, root)
			if diff := cmp.Diff(row.changes, changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(row.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			sameTree(t, before, describe(t, root))
			_, err = quick(t, root).install(o)
			if stops := len(p.Problems.Errors()) > 0; stops != (err != nil) {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				sameTree(t, before, describe(t, root))
				return
			}
			if again := mustInstall(t, o); !again.Idle() {
				t.Errorf("a second run still has to do %v", again.Changes)
			}
			if _, err := quick(t, root).rollback(RollbackOptions{Live: true}); err != nil {
				t.Fatal(err)
			}
			sameTree(t, before, describe(t, root))
		})
	}
}

func replaceIn(list []string, old, new string) []string {
	var out []string
	for _, one := range list {
		if one == old {
			one = new
		}
		if one != "" {
			out = append(out, one)
		}
	}
	return out
}

func insert(list []string, at int, one string) []string {
	return append(append(append([]string{}, list[:at]...), one), list[at:]...)
}

func filledIn(token string) string {
	return strings.Replace(strings.Replace(joinText, "REPLACE-ME-bootstrap-token", token, 1), "  certificateKey: REPLACE-ME-certificate-key\n", "", 1)
}

func chmod(t *testing.T, root, name string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(root, name), mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, root, name, to string) {
	t.Helper()
	at := filepath.Join(root, name)
	if err := os.Remove(at); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

// A rollback of a rollback goes on to the installation before, and at last to what was there first.
func TestRollbackGoesBackStepByStep(t *testing.T) {
	root := filepath.Join(memoryDir(t), "root")
	put(t, root, sysctl, "mine\n")
	first := describe(t, root)
	mustInstall(t, options(t, root, bundleA()))
	second := describe(t, root)
	mustInstall(t, options(t, root, bundleB()))
	put(t, root, sysctl, "changed after\n")
	mustRollback(t, root)
	sameTree(t, second, describe(t, root))
	if got, err := os.ReadFile(filepath.Join(root, backups, "2/undone", sysctl)); err != nil || string(got) != "changed after\n" {
		t.Errorf("what the rollback replaced is not kept: %q, %v", got, err)
	}
	mustInstall(t, options(t, root, bundleB()))
	mustRollback(t, root)
	mustRollback(t, root)
	sameTree(t, without(first), without(describe(t, root)))
	if p := mustRollback(t, root); p.Role != "" {
		t.Errorf("there was still something to take back: %v", p.Changes)
	}
}

// Directories that stood before an installation stand in no journal; a roll-back makes them again.
func TestRollbackAfterALoss(t *testing.T) {
	root := filepath.Join(memoryDir(t), "root")
	put(t, root, sysctl, "mine\n")
	mustInstall(t, options(t, root, bundleA()))
	if err := os.RemoveAll(filepath.Join(root, "etc")); err != nil {
		t.Fatal(err)
	}
	mustRollback(t, root)
	if got, err := os.ReadFile(filepath.Join(root, sysctl)); err != nil || string(got) != "mine\n" {
		t.Errorf("%q, %v", got, err)
	}
	mustInstall(t, options(t, root, bundleA()))
}

// Backups hold keys.
func TestBackupsArePrivate(t *testing.T) {
	root, _ := prepareAny(t)
	mustInstall(t, options(t, root, bundleB()))
	count := 0
	err := filepath.WalkDir(filepath.Join(root, StateDir), func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", at, info.Mode())
		}
		count++
		return err
	})
	if err != nil || count < 10 {
		t.Errorf("%d files, %v", count, err)
	}
	chmod(t, root, StateDir, 0o755)
	_, err = quick(t, root).install(options(t, root, bundleA()))
	if err == nil || !strings.Contains(err.Error(), "is open to others, and backups hold keys; chmod 0700 "+root) {
		t.Errorf("got %v", err)
	}
}

func prepareAny(t *testing.T) (string, *Plan) {
	t.Helper()
	root := filepath.Join(memoryDir(t), "root")
	put(t, root, "etc/passwd", "root:x:0:0::/:/bin/sh\n")
	return root, mustInstall(t, options(t, root, bundleA()))
}

// A directory that becomes a link between looking and writing leads nowhere.
func TestDirectorySwappedWhileItRuns(t *testing.T) {
	for _, to := range []string{"../elsewhere", "/tmp"} {
		root, _ := prepareAny(t)
		if err := os.MkdirAll(filepath.Join(root, "elsewhere"), 0o755); err != nil {
			t.Fatal(err)
		}
		w := quick(t, root)
		w.step = func(name string) error {
			if name == "create "+encryption { // the first file of the plan but one
				if err := os.Rename(filepath.Join(root, "etc/sysctl.d"), filepath.Join(root, "etc/moved")); err != nil {
					t.Fatal(err)
				}
				link(t, root, "etc/sysctl.d", to)
			}
			return nil
		}
		_, err := w.install(options(t, root, bundleB()))
		var refused *RefusedError
		if err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), "not complete: ") ||
			!strings.Contains(err.Error(), "etc/sysctl.d: is a symbolic link where a directory is needed") {
			t.Errorf("got %v", err)
		}
		if left, err := os.ReadDir(filepath.Join(root, "elsewhere")); err != nil || len(left) > 0 {
			t.Errorf("%v was written there, %v", left, err)
		}
	}
}

func TestRoles(t *testing.T) {
	etcd := func(names ...string) *bundle.Bundle {
		b := &bundle.Bundle{}
		for _, name := range names {
			b.Files = append(b.Files, of("etcd/"+name, sysctl, "vm.panic_on_oom = 0\n", 0o644))
		}
		return b
	}
	for _, row := range []struct {
		name         string
		bundle       *bundle.Bundle
		role, member string
		files        []string
		want         string
	}{
		{"not clear", bundleA(), "", "", nil, ": is the root of a node of which nothing tells the role; name it with --role: --role control-plane, --role worker"},
		{"named", bundleA(), "worker", "", nil, "worker"},
		{"no such", bundleA(), "master", "", nil, `: the bundle has no files for the role "master"; the bundle has: --role control-plane, --role worker`},
		{"a control plane", bundleA(), "", "", []string{apiServerManifest, "etc/kubernetes/kubelet.conf"}, "control-plane"},
		{"a worker", bundleA(), "", "", []string{"etc/kubernetes/kubelet.conf"}, "worker"},
		{"a control plane whose manifests are away", bundleA(), "", "", []string{"etc/kubernetes/scheduler.conf", "etc/kubernetes/kubelet.conf"}, "control-plane"},
		{"a control plane named a worker", bundleA(), "worker", "", []string{"etc/kubernetes/pki/ca.key"},
			": is the root of a control plane, and not of a worker: kube-apiserver's manifest, the CA's key or a kubeconfig of a controller stands there; install it as control-plane; kubeadm reset makes a control plane a node again"},
		{"only one member", etcd("a"), "", "", nil, "etcd/a"},
		{"which member", etcd("a", "b"), "etcd", "", nil, ": nothing tells which member of etcd this node is; the bundle has: --role etcd --member a, --role etcd --member b"},
		{"that member", etcd("a", "b"), "etcd", "b", nil, "etcd/b"},
		{"no such member", etcd("a", "b"), "etcd", "c", nil, `: the bundle has no files for the role "etcd/c"; the bundle has: --role etcd --member a, --role etcd --member b`},
		{"a member that is none", bundleA(), "worker", "b", nil, `: --member "b" was named for a worker; only --role etcd has members`},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := memoryDir(t)
			for _, name := range row.files {
				put(t, root, name, "")
			}
			o := options(t, root, row.bundle)
			o.Role, o.Member = row.role, row.member
			p, err := Survey(o)
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), root)
			} else {
				got = strings.TrimSuffix(p.Role+"/"+p.Member, "/")
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
	root, _ := prepareAny(t)
	o := options(t, root, bundleB())
	o.Role = ""
	if p, err := Survey(o); err != nil || p.Role != "control-plane" {
		t.Errorf("the role of the node is forgotten: %v", err)
	}
	o.Role = "worker"
	if _, err := Survey(o); err == nil || !strings.Contains(err.Error(), "the node was installed as control-plane, not as worker; take that back with --rollback first") {
		t.Errorf("got %v", err)
	}
}

// A run of one bundle that was stopped is not gone on with by another.
func TestAnotherBundleAfterAStop(t *testing.T) {
	root, _ := prepareAny(t)
	w := quick(t, root)
	w.step = func(name string) error {
		if name == "remove "+audit {
			return os.ErrPermission
		}
		return nil
	}
	if _, err := w.install(options(t, root, bundleB())); err == nil || !strings.HasSuffix(err.Error(), "\nrun it again to finish it, or with --rollback to take it back") {
		t.Errorf("got %v", err)
	}
	_, err := Survey(options(t, root, bundleA()))
	if err == nil || !strings.HasSuffix(err.Error(), "backup/2: an installation of another bundle was stopped before it was done; finish it with that bundle, or take it back with --rollback") {
		t.Errorf("got %v", err)
	}
	put(t, root, audit, "changed meanwhile\n")
	_, err = quick(t, root).install(options(t, root, bundleB()))
	if err == nil || !strings.Contains(err.Error(), audit+": was changed since the installation was stopped") {
		t.Errorf("got %v", err)
	}
	mustRollback(t, root)
}

// What a bundle may put on a node is what hardstrap knows, whatever its record says.
func TestHostileBundle(t *testing.T) {
	root := memoryDir(t)
	o := options(t, root, &bundle.Bundle{Files: []bundle.File{
		of("worker", "etc/shadow", "root::0:0:99999:7:::\n", 0o644), of("worker", sysctl, "vm.panic_on_oom = 0\n", 0o644),
	}})
	o.Role = "worker"
	_, err := Survey(o)
	if err == nil || !strings.Contains(err.Error(), `nothing is known to stand at "/etc/shadow" on a node`) {
		t.Errorf("got %v", err)
	}
	o = options(t, root, &bundle.Bundle{Files: []bundle.File{{Path: "host/worker/" + sysctl, Data: []byte("vm.panic_on_oom = 0\n"), Owner: "ghost:root"}}})
	o.Role, o.Super = "worker", true
	p, err := Survey(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := said(p, root); cmp.Diff([]string{sysctl + `: is to belong to the user "ghost", which the node does not have; make the account first`}, problems) != "" {
		t.Errorf("got %q", problems)
	}
}

// Journals that hardstrap did not write lead nowhere.
func TestForeignJournal(t *testing.T) {
	for _, text := range []string{"{", `{"apiVersion":"hardstrap.dev/v1alpha1","kind":"Journal","status":"done","entries":[{"name":"../etc/passwd","existed":false}]}`,
		`{"apiVersion":"hardstrap.dev/v1alpha1","kind":"Journal","status":"half","entries":[]}`} {
		root, _ := prepareAny(t)
		put(t, root, backups+"/1/journal.json", text)
		if _, err := quick(t, root).rollback(RollbackOptions{}); err == nil || !strings.Contains(err.Error(), "is not a journal that hardstrap wrote") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// Owners are the node's own, by its own passwd, and come back with a rollback.
func TestOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives owners")
	}
	root := memoryDir(t)
	put(t, root, "etc/passwd", "root:x:0:0::/:/bin/sh\nkeeper:x:1234:99::/:/bin/sh\n")
	put(t, root, "etc/group", "root:x:0:\nkeepers:x:4321:\n")
	put(t, root, sysctl, "mine\n")
	if err := os.Chown(filepath.Join(root, sysctl), 7, 8); err != nil {
		t.Fatal(err)
	}
	o := options(t, root, &bundle.Bundle{Files: []bundle.File{{Path: "host/worker/" + sysctl, Data: []byte("vm.panic_on_oom = 0\n"), Owner: "keeper:keepers"}}})
	o.Role, o.Super = "worker", true
	owner := func() [2]int {
		info, err := os.Stat(filepath.Join(root, sysctl))
		if err != nil {
			t.Fatal(err)
		}
		uid, gid := ownerOf(info)
		return [2]int{uid, gid}
	}
	mustInstall(t, o)
	if got := owner(); got != [2]int{1234, 4321} {
		t.Errorf("installed for %v", got)
	}
	if err := os.Chown(filepath.Join(root, sysctl), 0, 0); err != nil {
		t.Fatal(err)
	}
	if p := mustInstall(t, o); len(p.Changes) != 1 || p.Changes[0].What != Dress || owner() != [2]int{1234, 4321} {
		t.Errorf("another owner is not set right: %v", p.Changes)
	}
	mustRollback(t, root)
	mustRollback(t, root)
	if got := owner(); got != [2]int{7, 8} {
		t.Errorf("brought back for %v", got)
	}
}
