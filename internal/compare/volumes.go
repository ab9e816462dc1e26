package compare

import (
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeadmMounts returns where kubeadm mounts something of the node by itself
// (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/phases/controlplane/volumes.go; phases/etcd/local.go).
func kubeadmMounts() []string {
	return []string{"/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/pki", "/etc/ca-certificates", "/usr/local/share/ca-certificates",
		"/usr/share/ca-certificates", "/etc/kubernetes/pki", "/etc/kubernetes/pki/etcd", "/var/lib/etcd", "/etc/kubernetes/controller-manager.conf",
		"/etc/kubernetes/scheduler.conf", "/usr/libexec/kubernetes/kubelet-plugins/volume/exec"}
}

// volumes compares what of the node a static pod sees: all that is wanted, as it is wanted, and nothing besides.
func (s *seen) volumes(w *want, k settings.Key, accounts []*effective.Account) {
	wanted := w.account.Set.Value(k)
	for _, a := range accounts {
		have := a.Set.Value(k)
		if have == nil && a.Account != "manifest" {
			continue
		}
		s.covered[k] = true
		before := len(s.findings)
		for _, v := range items(wanted) {
			s.volume(w, k, v, have, a)
		}
		for _, v := range items(have) {
			s.stranger(k, v, wanted, a)
		}
		if len(s.findings) == before && wanted != nil {
			s.add(Finding{Key: k, Wanted: Said{wanted, wanted.Origin}, Found: []Sighting{{Source: a.Source, Said: Said{have, placeOf(a)}}}})
		}
	}
}

func items(v *settings.Value) []*settings.Value {
	if v == nil {
		return nil
	}
	return v.Items
}

func textOf(v *settings.Value, key string) string {
	if t := v.Get(key); t != nil {
		return t.Text
	}
	return ""
}

// volume looks for one wanted volume. Where a document is read from another directory its content is compared, and
// that it can be read shows that something mounts it.
func (s *seen) volume(w *want, k settings.Key, wanted, have *settings.Value, a *effective.Account) {
	path := textOf(wanted, "mountPath")
	i := slices.IndexFunc(items(have), func(v *settings.Value) bool { return textOf(v, "mountPath") == path })
	found := Finding{Key: k, Part: path, Wanted: Said{wanted, wanted.Origin}}
	if i < 0 {
		if !neededBy(w, a, path) {
			return
		}
		found.Message = "is not mounted"
		found.Found = []Sighting{{Source: a.Source, Said: Said{Origin: placeOf(a)}, Direction: Different}}
		s.add(found)
		return
	}
	one := have.Items[i]
	sighting := Sighting{Source: a.Source, Said: Said{one, one.Origin}}
	switch {
	case textOf(wanted, "readOnly") == "true" && textOf(one, "readOnly") != "true":
		sighting.Direction, found.Opens = Weaker, "whoever takes the component over can write to it"
	case textOf(wanted, "readOnly") != "true" && textOf(one, "readOnly") == "true":
		sighting.Direction, found.Opens = Different, "the component cannot write to it"
	case textOf(wanted, "hostPath") != textOf(one, "hostPath") && !s.sameContent(k, path, a):
		sighting.Direction, found.Opens = Different, "the component sees another directory of the node"
	default:
		return
	}
	found.Found = []Sighting{sighting}
	s.add(found)
}

// neededBy reports whether some flag that is set names something below a mount.
func neededBy(w *want, a *effective.Account, mount string) bool {
	for _, s := range a.Set.All() {
		if strings.HasPrefix(s.Key.Path, "--") && s.Value.IsScalar() && (s.Value.Text == mount || strings.HasPrefix(s.Value.Text, mount+"/")) {
			return true
		}
	}
	// A directory that no flag names, such as a socket's, is wanted for itself.
	for _, s := range w.account.Set.All() {
		if strings.HasPrefix(s.Key.Path, "--") && s.Value.IsScalar() && strings.HasPrefix(s.Value.Text, mount+"/") {
			return false
		}
	}
	return true
}

// stranger looks at one volume that is there.
func (s *seen) stranger(k settings.Key, v, wanted *settings.Value, a *effective.Account) {
	path := textOf(v, "mountPath")
	isWanted := slices.ContainsFunc(items(wanted), func(w *settings.Value) bool { return textOf(w, "mountPath") == path })
	if isWanted || s.sameContent(k, path, a) {
		return
	}
	if slices.Contains(kubeadmMounts(), path) {
		s.ownMount(k, v, path, a)
		return
	}
	one := Sighting{Source: a.Source, Said: Said{v, v.Origin}, Direction: Different}
	opens := "the component sees more of the node than the profile gives it"
	if textOf(v, "readOnly") != "true" {
		one.Direction, opens = Weaker, "the component can write to more of the node than the profile lets it"
	}
	s.add(Finding{Key: k, Part: path, Found: []Sighting{one}, Opens: opens})
}

// ownMount looks at a mount of kubeadm's own: it shows the same path of the node, and what it does not write to it
// cannot write to.
func (s *seen) ownMount(k settings.Key, v *settings.Value, path string, a *effective.Account) {
	one := Sighting{Source: a.Source, Said: Said{v, v.Origin}}
	var opens string
	writes := k.Component == settings.Etcd || k.Component == settings.ControllerManager && strings.HasPrefix(path, "/usr/libexec/")
	switch {
	case textOf(v, "hostPath") != path:
		one.Direction, opens = Different, "the component sees another directory of the node"
	case !writes && textOf(v, "readOnly") != "true":
		one.Direction, opens = Weaker, "whoever takes the component over can write to it"
	default:
		return
	}
	s.add(Finding{Key: k, Part: path, Found: []Sighting{one}, Opens: opens})
}

// sameContent reports whether a mount is there for a document that a flag names, which is compared by what it says.
func (s *seen) sameContent(k settings.Key, mount string, a *effective.Account) bool {
	if k.Component != settings.APIServer {
		return false
	}
	for _, one := range a.Set.All() {
		if kind, names := documentOfFlag(one.Key); names && a.Set.Value(settings.Key{Component: k.Component, Path: kind}) != nil &&
			strings.HasPrefix(one.Value.Text, mount+"/") && textOf(mountAt(a, k, mount), "readOnly") == "true" {
			return true
		}
	}
	return false
}

func mountAt(a *effective.Account, k settings.Key, mount string) *settings.Value {
	for _, v := range items(a.Set.Value(k)) {
		if textOf(v, "mountPath") == mount {
			return v
		}
	}
	return nil
}
