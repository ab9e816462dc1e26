package controls

import (
	"path"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// componentNames maps the first part of a setting key to the component it belongs to.
func componentName(short string) (string, bool) {
	switch short {
	case "apiserver":
		return settings.APIServer, true
	case "controller-manager":
		return settings.ControllerManager, true
	case "scheduler":
		return settings.Scheduler, true
	case "etcd":
		return settings.Etcd, true
	case "kubelet":
		return settings.Kubelet, true
	case "kube-proxy":
		return settings.KubeProxy, true
	}
	return "", false
}

// controlPlaneParts are the components that take --feature-gates on their command line.
func controlPlaneParts() []string {
	return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler}
}

// both returns a kubelet's setting on either role.
func both(path string) []settings.Key {
	return []settings.Key{
		{Component: settings.Kubelet, Role: settings.ControlPlane, Path: path},
		{Component: settings.Kubelet, Role: settings.Worker, Path: path},
	}
}

// kubeletFlag returns the flag that sets the same as a field of KubeletConfiguration, among
// those that benchmarks ask about. A flag wins over the file
// (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/server.go, kubeletConfigFlagPrecedence).
func kubeletFlag(field string) (string, bool) {
	switch field {
	case "authentication.anonymous.enabled":
		return "anonymous-auth", true
	case "authentication.x509.clientCAFile":
		return "client-ca-file", true
	case "authorization.mode":
		return "authorization-mode", true
	case "readOnlyPort":
		return "read-only-port", true
	case "protectKernelDefaults":
		return "protect-kernel-defaults", true
	case "streamingConnectionIdleTimeout":
		return "streaming-connection-idle-timeout", true
	case "tlsCertFile":
		return "tls-cert-file", true
	case "tlsPrivateKeyFile":
		return "tls-private-key-file", true
	case "tlsCipherSuites":
		return "tls-cipher-suites", true
	case "tlsMinVersion":
		return "tls-min-version", true
	case "rotateCertificates":
		return "rotate-certificates", true
	case "makeIPTablesUtilChains":
		return "make-iptables-util-chains", true
	case "eventRecordQPS":
		return "event-qps", true
	case "podPidsLimit":
		return "pod-max-pids", true
	case "seccompDefault":
		return "seccomp-default", true
	}
	return "", false
}

// subject is what a control's setting key names: the settings, and of a list or map setting
// the element the control is about (an admission plugin, a feature gate).
type subject struct {
	keys    []settings.Key
	element string
	reason  string // why there are no keys
}

// subjectOf reads a setting key.
func subjectOf(settingKey string) subject {
	component, rest, _ := strings.Cut(settingKey, ":")
	if name, ok := componentName(component); ok {
		return componentSubject(name, rest)
	}
	document := func(kind string) subject {
		return subject{keys: []settings.Key{{Component: settings.APIServer, Path: kind}}}
	}
	switch component {
	case "podsecurity":
		if rest == "psp" {
			return subject{reason: "PodSecurityPolicy no longer exists"}
		}
		return document("PodSecurityConfiguration")
	case "auditpolicy":
		return document("Policy")
	case "encryptionconfiguration":
		return document("EncryptionConfiguration")
	case "featuregate":
		s := subject{keys: both("featureGates"), element: rest}
		for _, part := range controlPlaneParts() {
			s.keys = append(s.keys, settings.Flag(part, "feature-gates"))
		}
		return s
	case "certs":
		return subject{keys: []settings.Key{{Component: settings.Kubeadm, Path: "certificateValidityPeriod"}}}
	case "host":
		return hostSubject(rest)
	case "file":
		return subject{reason: "the modes and owners of files are judged on the node"}
	case "networkpolicy", "namespace", "admission", "rbac", "other":
		return subject{reason: "objects of the cluster are no settings of a component"}
	case "node":
		return subject{reason: "kubeadm taints control-plane nodes itself"}
	case "owasp":
		return subject{reason: "a heading over other controls"}
	}
	return subject{reason: "decided by people"} // pod, process, authn, audit
}

func componentSubject(component, rest string) subject {
	if component == settings.Kubelet {
		field, workerOnly := strings.CutSuffix(rest, "(worker)")
		keys := both(field)
		if workerOnly {
			keys = keys[1:]
		}
		return subject{keys: keys}
	}
	flag, element, _ := strings.Cut(rest, ":")
	return subject{keys: []settings.Key{{Component: component, Path: flag}}, element: element}
}

func hostSubject(rest string) subject {
	var lists []string
	switch rest {
	case "firewall-control-plane":
		lists = []string{"firewall/apiServer", "firewall/etcd", "firewall/kubelet"}
	case "firewall-etcd":
		lists = []string{"firewall/etcd"}
	case "firewall-worker":
		return subject{keys: []settings.Key{{Component: settings.Host, Role: settings.Worker, Path: "firewall/kubelet"}}}
	default:
		return subject{reason: "the host beyond the files of a bundle"}
	}
	var s subject
	for _, list := range lists {
		s.keys = append(s.keys, settings.Key{Component: settings.Host, Role: settings.ControlPlane, Path: list})
	}
	return s
}

// companions are the settings by which a control is met besides the one it names: the document
// that a flag points to, or the modern form that excludes the flag.
func companions(settingKey string) []settings.Key {
	api := func(paths ...string) []settings.Key {
		var out []settings.Key
		for _, p := range paths {
			out = append(out, settings.Key{Component: settings.APIServer, Path: p})
		}
		return out
	}
	if strings.HasPrefix(settingKey, "apiserver:--enable-admission-plugins:") {
		return append(pluginCompanions(settingKey), api("--disable-admission-plugins")...)
	}
	switch settingKey {
	case "apiserver:--anonymous-auth", "apiserver:--authentication-config":
		return api("--authentication-config", "AuthenticationConfiguration", "probes")
	case "apiserver:--authorization-mode":
		return api("--authorization-config", "AuthorizationConfiguration", "--authorization-policy-file")
	case "apiserver:--encryption-provider-config":
		return api("EncryptionConfiguration")
	case "apiserver:--audit-policy-file":
		return api("Policy")
	case "apiserver:--kubelet-certificate-authority":
		return both("serverTLSBootstrap")
	case "kubelet:tlsCertFile":
		return append(both("tlsPrivateKeyFile"), both("serverTLSBootstrap")...)
	case "kubelet:tlsPrivateKeyFile":
		return both("serverTLSBootstrap")
	case "kubelet:featureGates.RotateKubeletServerCertificate":
		return both("serverTLSBootstrap")
	case "kubelet:protectKernelDefaults":
		return sysctls()
	}
	if strings.HasPrefix(settingKey, "podsecurity:") && settingKey != "podsecurity:psp" {
		out := api("--admission-control-config-file", "AdmissionConfiguration")
		if settingKey == "podsecurity:seccompProfile" {
			out = append(out, both("seccompDefault")...)
		}
		return out
	}
	return nil
}

// pluginCompanions are the documents of an admission plugin, or what does the same elsewhere.
func pluginCompanions(settingKey string) []settings.Key {
	documents := []settings.Key{
		settings.Flag(settings.APIServer, "admission-control-config-file"),
		{Component: settings.APIServer, Path: "AdmissionConfiguration"},
	}
	switch plugin := settingKey[strings.LastIndexByte(settingKey, ':')+1:]; plugin {
	case "EventRateLimit", "ImagePolicyWebhook":
		return append(documents, settings.Key{Component: settings.APIServer, Path: plugin})
	case "AlwaysPullImages":
		return both("imagePullCredentialsVerificationPolicy")
	}
	return nil
}

// sysctls are the kernel settings without which a kubelet with protectKernelDefaults does not
// start (k8s.io/component-helpers v0.37.0, node/util/sysctl/sysctl.go).
func sysctls() []settings.Key {
	var out []settings.Key
	for _, role := range []string{settings.ControlPlane, settings.Worker} {
		for _, name := range []string{
			"vm.overcommit_memory", "vm.panic_on_oom", "kernel.panic", "kernel.panic_on_oops",
			"kernel.keys.root_maxkeys", "kernel.keys.root_maxbytes",
		} {
			out = append(out, settings.Key{Component: settings.Host, Role: role, Path: "sysctl/" + name})
		}
	}
	return out
}

// filePattern returns the path, perhaps with wildcards, of a control over a file's mode or
// owner. The kubelet's drop-in and the audit log are named without their folders.
func filePattern(settingKey string) (string, bool) {
	rest, ok := strings.CutPrefix(settingKey, "file:")
	if !ok {
		return "", false
	}
	pattern := rest[:max(strings.LastIndexByte(rest, ':'), 0)]
	switch {
	case strings.HasPrefix(pattern, "kubelet.service.d/"):
		pattern = "/usr/lib/systemd/system/" + pattern
	case pattern == "audit-log":
		pattern = layout.AuditLogDir + "/*"
	}
	return pattern, strings.HasPrefix(pattern, "/")
}

// matchesFile reports whether a control's pattern and a file, either of which may have
// wildcards, name the same. A control over the certificates of pki means those of etcd below
// it too.
func matchesFile(pattern, file string) bool {
	below := strings.Replace(file, "/pki/etcd/", "/pki/", 1)
	return matchesName(pattern, file) || matchesName(file, pattern) || matchesName(pattern, below)
}

// matchesName is path.Match, quick about the many names that have no wildcard.
func matchesName(pattern, name string) bool {
	if !hasWildcard(pattern) {
		return pattern == name
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

func hasWildcard(pattern string) bool {
	for i := range len(pattern) {
		switch pattern[i] {
		case '*', '?', '[', '\\':
			return true
		}
	}
	return false
}
