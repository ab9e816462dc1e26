package install

import (
	"bytes"
	"path"
	"strings"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/layout"
)

// reloaded reports whether a running kube-apiserver reads a file again by itself:
// AuthenticationConfiguration, AuthorizationConfiguration with its kubeconfigs, EncryptionConfiguration
// where it is told to, and the folder of static admission policies (layout has where they stand).
func reloaded(name string) bool {
	dir := "/" + path.Dir(name)
	for _, unit := range []string{"authentication", "authorization", "encryption"} {
		if dir == layout.Config+"/"+unit {
			return true
		}
	}
	return dir == layout.StaticPolicies
}

const onlyLive = "where kube-apiserver runs it reads this file again by itself, within a minute and on this node alone; look at the change with --dry-run, then add --live"

// guard refuses, without Live, to change what is in force at once, and warns of what a removed file
// leaves behind.
func (s *surveyor) guard() error {
	controlPlane, err := s.controlPlane()
	if err != nil || !controlPlane {
		return err
	}
	manifest, err := s.optional(apiServerManifest)
	if err != nil {
		return err
	}
	for _, c := range s.Changes {
		if c.Dir || c.What == Dress {
			continue
		}
		// A new file is read only where the whole folder is.
		takesForce := reloaded(c.Name) && (c.What != Create || "/"+path.Dir(c.Name) == layout.StaticPolicies)
		if takesForce && !s.o.Live {
			s.problem(diag.Error, c.Name, "is to "+verb(c.What), onlyLive)
		}
		if c.What == Remove && namedIn(manifest, c.Name) {
			s.problem(diag.Warning, c.Name, "is to be removed, and the manifest of kube-apiserver still names it",
				"kube-apiserver does not start without it: take the bundle's flags over, as its README says, before it restarts")
		}
	}
	return nil
}

func verb(what string) string {
	switch what {
	case Remove:
		return "be removed"
	case Create:
		return "be made"
	}
	return "change"
}

// namedIn reports whether a manifest names a file.
func namedIn(manifest []byte, name string) bool {
	for line := range strings.Lines(string(manifest)) {
		if i := strings.Index(line, "/"+name); i >= 0 {
			rest := strings.TrimRight(line[i+1+len(name):], "\"' \r\n")
			if rest == "" {
				return true
			}
		}
	}
	return false
}

// differs reports whether a file is not what data says; a file that is missing is nil.
func (t *tree) differs(name string, data []byte) (bool, error) {
	info, err := t.stat(name)
	if err != nil {
		return false, err
	}
	if info == nil || data == nil {
		return (info == nil) != (data == nil), nil
	}
	now, err := t.read(name)
	return !bytes.Equal(now, data), err
}
