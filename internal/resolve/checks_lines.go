package resolve

import (
	"path"
	"regexp"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// checkKubeletWords refuses what would fall apart on its way to the kubelet: kubeadm writes all
// flags into one variable, %q around them and a space between them, and systemd splits that at
// spaces and takes quotes away (kubernetes v1.37.0, cmd/kubeadm/app/phases/kubelet/flags.go;
// systemd.service(5), "Command lines"). A space would make another flag of the rest.
func checkKubeletWords(b *builder) {
	for _, role := range roles() {
		for _, s := range b.set.Of(settings.Kubelet, role) {
			if !strings.HasPrefix(s.Key.Path, "--") {
				continue
			}
			texts := s.Value.Strings()
			for _, e := range s.Value.Entries {
				texts = append(texts, e.Key+"="+e.Value.Text)
			}
			for _, text := range texts {
				if strings.ContainsAny(text, " \t\"'\\") {
					b.faultAt(s.Value, s.Key, "write it without", "%q has a space, a quote or a backslash: kubeadm and systemd would hand the kubelet something else", text)
				}
			}
		}
	}
}

// plainPath is what tmpfiles.d takes literally: no space, no %-specifier, no glob.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./:@,=+-]+$`)

// checkTmpfilesPaths refuses directories of the profile that tmpfiles.d would not take literally.
func checkTmpfilesPaths(b *builder) {
	for _, dir := range []struct {
		key  settings.Key
		role string
		of   func(string) string
	}{
		{settings.Flag(settings.APIServer, "audit-log-path"), settings.ControlPlane, path.Dir},
		{settings.Flag(settings.Etcd, "data-dir"), settings.ControlPlane, path.Clean},
		{settings.Flag(settings.Etcd, "data-dir"), settings.Etcd, path.Clean},
	} {
		v := b.set.Value(dir.key)
		if v == nil || plainPath.MatchString(dir.of(v.Text)) {
			continue
		}
		if _, written := b.set.Get(hostKey(dir.role, "tmpfile/"+dir.of(v.Text))); written {
			b.faultAt(v, dir.key, "name another directory, or leave out host.fileModes and host.etcdUser",
				"tmpfiles.d would not take %q literally; allowed: letters, digits and any of _./:@,=+-", dir.of(v.Text))
		}
	}
}
