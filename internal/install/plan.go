package install

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/bundle"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Options say what is to be installed where.
type Options struct {
	Bundle *bundle.Bundle // as bundle.Read returns it
	Record []byte         // the bytes of its hardstrap.json
	Root   string
	Role   string // empty: found where it is clear
	Member string // of an external etcd
	Live   bool   // files that a running kube-apiserver reads by itself may change
	Super  bool   // owners can be given
}

// What a change is.
const (
	Create  = "create"
	Update  = "update"  // hardstrap wrote what stands there
	Replace = "replace" // it did not, or it was changed since
	Remove  = "remove"
	Dress   = "mode" // mode or owner alone
	Mkdir   = "mkdir"
)

// Change is one thing that is to change on the node.
type Change struct {
	What string
	Name string // below the root
	Dir  bool

	data []byte
	as   looks
	was  fs.FileInfo // nil when nothing stands there
}

// Plan is what a run is to do, found by reading alone.
type Plan struct {
	Role, Member string
	Files        map[string][]byte // the node's files by their name on it, as /etc/..., and as they are to be
	Settings     *settings.Set     // what the files for every node carry
	Changes      []Change
	Unchanged    int
	Kept         []string  // filled in on the node, and otherwise the bundle's
	Problems     diag.List // errors stop the run
	Continues    bool      // a run of the same bundle was stopped

	journal *journal // of the run that was stopped
	next    int      // number of the next run
}

// Idle reports whether there is nothing to do.
func (p *Plan) Idle() bool { return len(p.Changes) == 0 && !p.Continues }

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Roles lists the nodes a bundle has files for, as role or etcd/member.
func Roles(b *bundle.Bundle) []string {
	var out []string
	for _, f := range b.Files {
		rest, ok := strings.CutPrefix(f.Path, "host/")
		parts := strings.SplitN(rest, "/", 3)
		switch {
		case !ok || len(parts) < 2:
		case parts[0] == settings.Etcd && len(parts) == 3:
			out = append(out, parts[0]+"/"+parts[1])
		case parts[0] != settings.Etcd:
			out = append(out, parts[0])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// choose finds which of the bundle's nodes this is: by name, by what was installed before, by what
// kubeadm left, or because there is only one.
func (s *surveyor) choose() error {
	all := Roles(s.o.Bundle)
	want := s.o.Role
	before := s.before
	controlPlane, err := s.controlPlane()
	if err != nil {
		return err
	}
	switch {
	case want == settings.Worker && controlPlane:
		return refuse(s.show("."), "is the root of a control plane, and not of a worker: kube-apiserver's manifest, the CA's key or a kubeconfig of a controller stands there",
			"install it as control-plane; kubeadm reset makes a control plane a node again")
	case want != "":
	case before != nil:
		want = before.Role
	case controlPlane:
		want = settings.ControlPlane
	case s.exists("etc/kubernetes/kubelet.conf"):
		want = settings.Worker
	case len(all) == 1:
		want, _, _ = strings.Cut(all[0], "/")
	default:
		return refuse(s.show("."), "is the root of a node of which nothing tells the role", "name it with --role: "+strings.Join(flags(all), ", "))
	}
	member := s.o.Member
	if want != settings.Etcd && member != "" {
		return refuse(s.show("."), fmt.Sprintf("--member %q was named for a %s", member, want), "only --role etcd has members")
	}
	var fit []string
	for _, name := range all {
		role, of, _ := strings.Cut(name, "/")
		if role == want && (member == "" || of == member) {
			fit = append(fit, name)
		}
	}
	if member == "" && before != nil && before.Role == want && slices.Contains(fit, want+"/"+before.Member) {
		fit = []string{want + "/" + before.Member}
	}
	if len(fit) != 1 {
		message := fmt.Sprintf("the bundle has no files for the role %q", strings.Trim(want+"/"+member, "/"))
		if len(fit) > 1 {
			message = "nothing tells which member of etcd this node is"
		}
		return refuse(s.show("."), message, "the bundle has: "+strings.Join(flags(all), ", "))
	}
	s.Role, s.Member, _ = strings.Cut(fit[0], "/")
	if before != nil && (before.Role != s.Role || before.Member != s.Member) {
		return refuse(s.show(nodeName), fmt.Sprintf("the node was installed as %s, not as %s", strings.Trim(before.Role+"/"+before.Member, "/"), fit[0]),
			"take that back with --rollback first")
	}
	return nil
}

// flags spells roles as they are named on the command line.
func flags(roles []string) []string {
	var out []string
	for _, name := range roles {
		role, member, ok := strings.Cut(name, "/")
		text := "--role " + role
		if ok {
			text += " --member " + member
		}
		out = append(out, text)
	}
	return out
}

// prefix is where the node's files stand in a bundle.
func (p *Plan) prefix() string { return "host/" + path.Join(p.Role, p.Member) + "/" }

func (s *surveyor) exists(name string) bool {
	info, err := s.stat(name)
	return err == nil && info != nil
}
