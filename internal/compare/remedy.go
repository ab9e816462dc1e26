package compare

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// The commands by which a running cluster takes a bundle over, as the bundle's README has them.
const (
	installOver      = "hardstrap install BUNDLE --role "
	uploadConfig     = "kubeadm init phase upload-config all --config " + layout.Kubeadm + "/init.yaml"
	upgradeNode      = "kubeadm upgrade node --config " + layout.Kubeadm + "/upgrade.yaml"
	restartKubelet   = "systemctl restart kubelet"
	restartAPIServer = "crictl stop $(crictl ps --name kube-apiserver --quiet)"
	// kubeadm itself says that they have to be restarted to use new certificates.
	restartControlPlane = "crictl stop $(crictl ps --name 'kube-apiserver|kube-controller-manager|kube-scheduler|etcd' --quiet)"
	kubeProxyAddon      = "kubeadm init phase addon kube-proxy --config " + layout.Kubeadm + "/init.yaml"
	restartKubeProxy    = "kubectl --namespace kube-system rollout restart daemonset kube-proxy"
	applySysctls        = "systemctl restart systemd-sysctl.service"
	applyTmpfiles       = "systemd-tmpfiles --create " + layout.Tmpfiles
	applySysusers       = "systemd-sysusers " + layout.Sysusers
	restartFirewall     = "systemctl restart hardstrap-firewall.service"
)

// remedy returns what makes a running cluster as the profile wants it. Nothing is said of what cannot be read,
// which comes with a remedy of its own.
func (w *Wanted) remedy(f Finding) []string {
	if f.Direction == Unknown {
		return nil
	}
	if f.onlyNotRestarted() {
		return restart(f.Key.Component)
	}
	install := w.install(f.Key)
	switch f.Key.Component {
	case settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd:
		if isDocument(f.Key) {
			return append(install, w.reload(f.Key))
		}
		if f.Key.Component == settings.Etcd && w.Settings.Value(settings.Key{Component: settings.Etcd, Path: "members"}) != nil {
			return append(install, "systemctl restart etcd")
		}
		return append(install, uploadConfig, upgradeNode)
	case settings.Kubelet:
		return append(install, uploadConfig, upgradeNode, restartKubelet)
	case settings.KubeProxy:
		return append(install, kubeProxyAddon, restartKubeProxy)
	case settings.Host:
		if _, laid := strings.CutPrefix(f.Key.Path, "file/"); laid {
			return []string{installOver + f.Key.Role}
		}
		return append(install, hostCommand(f.Key.Path))
	case settings.Cluster:
		return w.apply(f)
	case settings.Kubeadm:
		return w.kubeadmRemedy(f, install)
	}
	return nil
}

// onlyNotRestarted reports whether the files are as wanted, and what runs has not read them yet.
func (f Finding) onlyNotRestarted() bool {
	files := slices.ContainsFunc(f.Found, func(s Sighting) bool { return s.Source == settings.FromFile })
	wrong := slices.ContainsFunc(f.Found, func(s Sighting) bool { return s.Source == settings.FromFile && s.Direction != "" })
	return files && !wrong
}

func restart(component string) []string {
	switch component {
	case settings.Kubelet:
		return []string{restartKubelet}
	case settings.KubeProxy:
		return []string{restartKubeProxy}
	}
	return []string{strings.ReplaceAll(restartAPIServer, settings.APIServer, component)}
}

// install names the file of the bundle that carries a setting.
func (w *Wanted) install(k settings.Key) []string {
	file := ""
	if w.File != nil {
		file = w.File(k)
	}
	if file == "" || !strings.HasPrefix(file, "host/") {
		return nil
	}
	parts := strings.SplitN(file, "/", 3)
	if len(parts) < 3 {
		return nil
	}
	return []string{"lay " + file + " of the bundle over the node: " + installOver + parts[1]}
}

// reload says how the API server takes over a document.
func (w *Wanted) reload(k settings.Key) string {
	switch k.Path {
	case "AuthorizationConfiguration":
		return "kube-apiserver takes it over within a minute"
	case "EncryptionConfiguration":
		if v := w.Settings.Flag(settings.APIServer, "encryption-provider-config-automatic-reload"); v != nil && v.Text == "true" {
			return "kube-apiserver takes it over within a minute"
		}
	}
	return restartAPIServer
}

func hostCommand(path string) string {
	kind, _, _ := strings.Cut(path, "/")
	switch kind {
	case "sysctl":
		return applySysctls
	case "tmpfile":
		return applyTmpfiles
	case "user":
		return applySysusers
	}
	return restartFirewall
}

// apply says how an object becomes what the bundle has.
func (w *Wanted) apply(f Finding) []string {
	kind, namespace, name, _ := f.Key.Object()
	if _, wanted := w.Settings.Get(f.Key); !wanted {
		of := "kubectl delete " + strings.ToLower(kind) + " " + name
		if namespace != "" {
			of += " --namespace " + namespace
		}
		return []string{of}
	}
	file := "manifests/"
	if w.File != nil {
		file = w.File(f.Key)
	}
	return []string{"kubectl apply --server-side --field-manager=hardstrap --filename " + file}
}

func (w *Wanted) kubeadmRemedy(f Finding, install []string) []string {
	switch {
	case f.Key.Path == "certificate":
		return []string{"kubeadm certs renew " + strings.TrimSuffix(path.Base(f.Part), ".crt"), restartControlPlane}
	case f.Key.Path == "encryptionAlgorithm" && strings.HasSuffix(f.Part, "ca.crt"):
		return []string{"kubeadm does not renew a CA: plan its rotation"}
	case f.Key.Path == "encryptionAlgorithm":
		return append(install, uploadConfig, "kubeadm certs renew all", restartControlPlane)
	case f.Key.Path == "kubernetesVersion":
		return append(install, "upgrade as the bundle's README says, one minor after the other")
	}
	return append(install, uploadConfig)
}
