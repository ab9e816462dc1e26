package resolve

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// checkFileFlags refuses a flag that names a file no volume brings into the pod: the component
// would crash at the next restart (kubeadm issues 640 and 441), and etcd would keep its data in
// a container that is thrown away.
func checkFileFlags(b *builder) {
	for _, component := range []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd} {
		if component == settings.Etcd && b.profile.Etcd.External != nil {
			continue // runs on its node, without a pod
		}
		visible, hint := mounted(component), "put it below /etc/kubernetes/pki, or add its directory to extraVolumes"
		switch component {
		case settings.Scheduler:
			hint = "add its directory to extraVolumes"
		case settings.Etcd:
			hint = "mount the disk at /var/lib/etcd on the node, and keep certificates below /etc/kubernetes/pki/etcd"
		}
		if volumes := b.set.Value(settings.Key{Component: component, Path: "extraVolumes"}); volumes != nil {
			for _, v := range volumes.Items {
				visible = append(visible, v.Get("mountPath").Text)
			}
		}
		for _, s := range b.set.Of(component, "") {
			if !strings.HasPrefix(s.Key.Path, "--") || !namesFile(s.Key.Path) {
				continue
			}
			if component == settings.Etcd && s.Key.Path == "--config-file" {
				continue // checkEtcdTLS refuses it wherever it is
			}
			for _, file := range s.Value.Strings() {
				if strings.HasPrefix(file, "/") && !below(file, visible) {
					b.faultAt(s.Value, s.Key, hint, "%q is in no directory that is mounted into the pod: %s", file, unmounted(component, s.Key.Path))
				}
			}
		}
	}
}

// unmounted says what becomes of a component whose flag names a file outside its volumes.
func unmounted(component, flag string) string {
	if component == settings.Etcd && strings.HasSuffix(flag, "-dir") {
		return "etcd's data would be gone with the container"
	}
	return "the component would not find it"
}

// mounted are the directories and files of the node that kubeadm brings into a static pod, and
// those that a container has itself (kubernetes v1.37.0, cmd/kubeadm/app/phases/controlplane/volumes.go
// and phases/etcd/local.go; the same in 1.33).
func mounted(component string) []string {
	out := []string{"/dev", "/tmp"}
	switch component {
	case settings.Scheduler:
		return append(out, "/etc/kubernetes/scheduler.conf")
	case settings.Etcd:
		return append(out, "/var/lib/etcd", "/etc/kubernetes/pki/etcd")
	case settings.ControllerManager:
		out = append(out, "/etc/kubernetes/controller-manager.conf")
	}
	return append(out, "/etc/kubernetes/pki", "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/pki/tls/certs",
		"/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")
}

// namesFile tells flags that name files from flags whose values merely start with a slash
// (paths of URLs, prefixes in etcd).
func namesFile(flag string) bool {
	for _, suffix := range []string{"-file", "-config", "-path", "-dir", "-cafile", "-certfile", "-keyfile", "-certificate", "-key", "-certificate-authority", "kubeconfig", "-files"} {
		if strings.HasSuffix(flag, suffix) {
			return true
		}
	}
	return flag == "--config"
}

func below(file string, dirs []string) bool {
	for _, dir := range dirs {
		if file == dir || strings.HasPrefix(path.Clean(file), path.Clean(dir)+"/") {
			return true
		}
	}
	return false
}

// checkReservedPaths keeps off a name that kube-bench and guides take for the kubelet's live
// configuration: a file there that nothing reads misleads whoever checks the node.
func checkReservedPaths(b *builder) {
	const reserved = "/etc/kubernetes/kubelet-config.yaml"
	for _, s := range b.set.All() {
		if holds(s.Value, reserved) {
			b.faultAt(s.Value, s.Key, "use another name; kubeadm writes the kubelet's to /var/lib/kubelet/config.yaml", "%q is not where a kubeadm node's kubelet reads", reserved)
		}
	}
}

// holds looks for a text anywhere in a value.
func holds(v *settings.Value, text string) bool {
	return slices.Contains(v.Strings(), text) ||
		slices.ContainsFunc(v.Items, func(item *settings.Value) bool { return holds(item, text) }) ||
		slices.ContainsFunc(v.Entries, func(e settings.Entry) bool { return holds(e.Value, text) })
}
