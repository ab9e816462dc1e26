package process

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Newer is a file that changed after the process that reads it at its start had started: what stands in it
// does not hold yet.
type Newer struct {
	Process Process
	Path    string
	At      time.Time // of the last change
	// Content tells that the content is what changed. Otherwise the file was renamed, or got another mode or
	// owner, and nobody can tell which: a file that is put in its place by renaming it keeps the time it was written.
	Content bool
}

// Times.
const (
	// tolerance is for the kernel, which tells the time of booting in whole seconds, and for file systems that
	// keep no more than seconds either.
	tolerance = 2 * time.Second
	// settle is what a kubelet gets to replace a static pod: it sees a changed manifest at once, or within
	// fileCheckFrequency, 20 s by default, and gives the old pod 30 s to end (k8s.io/kubernetes v1.37.0,
	// pkg/kubelet/config/file_linux.go, pkg/kubelet/apis/config/v1beta1/defaults.go; k8s.io/api v0.37.0,
	// core/v1/types.go, DefaultTerminationGracePeriodSeconds).
	settle = time.Minute
)

// Stale tells which files are newer than the processes that read them, given the node's files and the time
// of looking. Not looked at is what a process reads again by itself:
//
//   - kube-apiserver: AuthenticationConfiguration, all but its part anonymous (k8s.io/kubernetes v1.37.0,
//     pkg/kubeapiserver/options/authentication.go), AuthorizationConfiguration (pkg/kubeapiserver/authorizer/reload.go),
//     EncryptionConfiguration if --encryption-provider-config-automatic-reload is set (k8s.io/apiserver v0.37.0,
//     pkg/server/options/etcd.go), static admission policies (pkg/admission/plugin/policy/manifest/source), its certificate
//     and the CAs of clients (pkg/server/dynamiccertificates);
//   - kube-proxy, which ends when its file changes (k8s.io/kubernetes v1.37.0, cmd/kube-proxy/app/options.go);
//   - kubeconfigs and keys, which carry no settings.
//
// Files are looked for at their place on the node. In a container a path may lead elsewhere; kubeadm mounts
// everything at the place it has on the node.
func Stale(processes []Process, tree observe.Tree, now time.Time) ([]Newer, []observe.Unknown) {
	var (
		out     []Newer
		missing []observe.Unknown
	)
	for _, p := range processes {
		if p.Started.IsZero() {
			continue // Find told of it
		}
		names, err := read(p, tree)
		if err != nil {
			missing = append(missing, unknown(p.Component, "", "the files it reads cannot be listed: "+err.Error(), "run hardstrap as root"))
		}
		seen := make(map[string]bool) // by where it stands: /lib may lead to /usr/lib
		for _, name := range names {
			at, written, changed, err := times(tree, name)
			switch {
			case errors.Is(err, fs.ErrNotExist), err == nil && seen[at]:
				continue
			case err != nil:
				missing = append(missing, unknown(p.Component, name, "when it changed cannot be read: "+reason(err), "run hardstrap as root"))
			case changed.Sub(p.Started) <= tolerance, name == manifest(p.Component) && now.Sub(changed) < settle:
			default:
				out = append(out, Newer{Process: p, Path: name, At: changed, Content: written.Sub(p.Started) > tolerance})
			}
			seen[at] = true
		}
	}
	return out, missing
}

// times are those of a file and of the link that leads to it: another file may stand behind the link now.
func times(tree observe.Tree, name string) (at string, written, changed time.Time, err error) {
	link, err := tree.Lstat(name)
	if err != nil {
		return "", time.Time{}, time.Time{}, err
	}
	file, err := tree.Stat(name)
	if err != nil {
		return "", time.Time{}, time.Time{}, err
	}
	written = later(link.ModTime, file.ModTime)
	return file.Path, written, later(written, later(link.ChangeTime, file.ChangeTime)), nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// manifest is where the manifest of a static pod stands.
func manifest(component string) string { return "/etc/kubernetes/manifests/" + component + ".yaml" }

// read lists what a process read when it started: patterns are resolved, and a file need not exist.
func read(p Process, tree observe.Tree) ([]string, error) {
	found := flags(p, "", settings.Origin{})
	var names, patterns []string
	add := func(flags ...string) {
		for _, flag := range flags {
			if name := text(found, flag); path.IsAbs(name) {
				names = append(names, path.Clean(name))
			}
		}
	}
	if p.Component != settings.Kubelet && p.Component != settings.KubeProxy {
		names = append(names, manifest(p.Component))
	}
	switch p.Component {
	case settings.APIServer:
		// --authorization-policy-file and --token-auth-file are lists of the old kinds, read once (k8s.io/apiserver
		// v0.37.0, pkg/authentication/token/tokenfile; k8s.io/kubernetes v1.37.0, pkg/auth/authorizer/abac).
		add("admission-control-config-file", "audit-policy-file", "audit-webhook-config-file", "authentication-token-webhook-config-file",
			"authorization-policy-file", "authorization-webhook-config-file", "egress-selector-config-file", "tracing-config-file", "token-auth-file")
		if reload, err := strconv.ParseBool(text(found, "encryption-provider-config-automatic-reload")); err != nil || !reload {
			add("encryption-provider-config")
		}
		if admission, _ := layout.DocumentFor("AdmissionConfiguration"); slices.Contains(names, admission.File) {
			for _, d := range layout.Documents() {
				if d.Flag == "" { // AdmissionConfiguration names it
					names = append(names, d.File)
				}
			}
		}
	case settings.Scheduler:
		add("config")
	case settings.Kubelet:
		add("config")
		if dir := text(found, "config-dir"); path.IsAbs(dir) {
			patterns = append(patterns, dropIns(path.Clean(dir))...)
		}
		names = append(names, "/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet", "/etc/sysconfig/kubelet")
		patterns = append(patterns, unit("kubelet")...)
	case settings.Etcd:
		add("config-file")
		if _, err := tree.Stat(manifest(p.Component)); errors.Is(err, fs.ErrNotExist) {
			patterns = append(patterns, unit("etcd")...)
		}
	}
	var problems error
	for _, pattern := range patterns {
		matched, err := tree.Glob(pattern)
		names, problems = append(names, matched...), errors.Join(problems, err)
	}
	slices.Sort(names)
	return slices.Compact(names), problems
}

// dropIns are the files of the kubelet's --config-dir, which is walked through with all that is below it
// (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/server.go, mergeKubeletConfigurations); here three levels deep.
func dropIns(dir string) []string {
	return []string{dir + "/*.conf", dir + "/*/*.conf", dir + "/*/*/*.conf"}
}

// unit is a service of systemd and its drop-ins (systemd.unit(5)).
func unit(name string) []string {
	var out []string
	for _, dir := range []string{"/etc/systemd/system/", "/run/systemd/system/", "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"} {
		out = append(out, dir+name+".service", dir+name+".service.d/*.conf")
	}
	return out
}
