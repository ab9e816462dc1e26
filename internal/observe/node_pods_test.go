package observe_test

import (
	"strings"
	"testing"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

const apiServerPod = `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  containers:
  - command:
    - kube-apiserver
    - --etcd-servers=https://10.0.0.9:2379
    - --audit-policy-file=/etc/kubernetes/hardstrap/audit/policy.yaml
    image: registry.k8s.io/kube-apiserver:v1.37.0
    volumeMounts:
    - {mountPath: /etc/kubernetes/hardstrap/audit, name: audit, readOnly: true}
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  volumes:
  - {name: audit, hostPath: {path: /etc/kubernetes/hardstrap/audit}}
`

// podNode is a node with these manifests, and policies where they may be looked for.
func podNode(t *testing.T, manifests map[string]string) observe.Observation {
	t.Helper()
	files := map[string]string{
		"var/lib/kubelet/config.yaml":                        kubeletConfig,
		"etc/kubernetes/hardstrap/audit/policy.yaml":         "rules: [{level: Metadata}]\n",
		"etc/kubernetes/hardstrap/audit/another/policy.yaml": "rules: [{level: None}]\n",
	}
	for name, text := range manifests {
		files["etc/kubernetes/manifests/"+name] = text
	}
	return nodeOf(t, files)
}

func changed(t *testing.T, text, old, more string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not there", old)
	}
	return strings.Replace(text, old, more, 1)
}

// TestHiddenComponent has what starts a component so that its flags do not show, beside one that shows what is wanted.
func TestHiddenComponent(t *testing.T) {
	const (
		shell = "command: [sh, -c, 'exec kube-apiserver --anonymous-auth=true']"
		bare  = "image: registry.k8s.io/kube-apiserver:v1.37.0\n    args: [--anonymous-auth=true]"
	)
	beside := func(container string) string {
		return changed(t, apiServerPod, "  securityContext:", "  - name: other\n    "+container+"\n  securityContext:")
	}
	before := func(container string) string {
		return changed(t, apiServerPod, "  securityContext:", "  initContainers:\n  - name: other\n    restartPolicy: Always\n    "+container+"\n  securityContext:")
	}
	another := func(container string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec:\n  containers:\n  - name: other\n    " + container + "\n"
	}
	variable := "env: [{name: X, valueFrom: {fieldRef: {fieldPath: 'metadata.annotations[''x'']'}}}]\n    image:"
	for name, manifests := range map[string]map[string]string{
		"shell in a second container": {"kube-apiserver.yaml": beside(shell)},
		"image in a second container": {"kube-apiserver.yaml": beside(bare)},
		"shell in an init container":  {"kube-apiserver.yaml": before(shell)},
		"image in an init container":  {"kube-apiserver.yaml": before(bare)},
		"shell in another pod":        {"kube-apiserver.yaml": apiServerPod, "other.yaml": another(shell)},
		"image in another pod":        {"kube-apiserver.yaml": apiServerPod, "other.yaml": another(bare)},
		"another program of the image": {
			"kube-apiserver.yaml": apiServerPod, "other.yaml": another("image: registry.k8s.io/kube-apiserver:v1.37.0\n    command: [/start]")},
		"no pod": {"kube-apiserver.yaml": changed(t, apiServerPod, "kind: Pod", "kind: PodList")},
		"flag of a field": {
			"kube-apiserver.yaml": changed(t, changed(t, apiServerPod, "image:", variable), "--etcd-servers=https://10.0.0.9:2379", "$(X)")},
	} {
		t.Run(name, func(t *testing.T) {
			if unknownOf(podNode(t, manifests), settings.APIServer) == "" {
				t.Error("nothing is unknown")
			}
		})
	}
	healthy := podNode(t, map[string]string{
		"kube-apiserver.yaml": apiServerPod,
		"backup.yaml":         another("image: registry.k8s.io/etcd:3.7.0-0\n    command: [sh, -c, 'etcdctl snapshot save /var/lib/etcd']"),
		"notes.txt":           "kind: Note\n",
	})
	if why := unknownOf(healthy, settings.APIServer) + unknownOf(healthy, settings.Etcd); why != "" {
		t.Errorf("a pod that is known: %s", why)
	}
}

// TestMountOverADocument has mounts that show the API server another file than the one of its path on the node.
func TestMountOverADocument(t *testing.T) {
	const mount = "    - {mountPath: /etc/kubernetes/hardstrap/audit, name: audit, readOnly: true"
	for name, pod := range map[string]string{
		"a directory below": changed(t, apiServerPod, mount, mount+", subPath: another"),
		"by a variable":     changed(t, apiServerPod, mount, mount+", subPathExpr: $(X)"),
		"an image": changed(t, changed(t, apiServerPod, "    volumeMounts:\n", "    volumeMounts:\n    - {mountPath: /etc/kubernetes/hardstrap/audit/policy.yaml, name: other, subPath: p}\n"),
			"  volumes:\n", "  volumes:\n  - {name: other, image: {reference: other}}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			seen := podNode(t, map[string]string{"kube-apiserver.yaml": pod})
			for _, l := range seen.Layers {
				for _, s := range l.Settings {
					if s.Key.Path == "Policy" && strings.Contains(s.Value.Origin.File, "audit/policy.yaml") {
						t.Error("the policy is read from where it does not stand")
					}
				}
			}
			if got := said(seen, settings.APIServer, "extraVolumes"); strings.Contains(strings.Join(got, " "), "(") && name == "a directory below" {
				t.Errorf("volumes: %q", got)
			}
		})
	}
}

func TestWhatSurroundsAComponent(t *testing.T) {
	pod := changed(t, apiServerPod, "    image:", "    env: [{name: GODEBUG, value: tls3des=1}, {name: NO_PROXY, value: a}]\n    securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN]}}\n    image:")
	pod = changed(t, changed(t, pod, "{seccompProfile: {type: RuntimeDefault}}", "{}\n  hostPID: true"), "registry.k8s.io/kube-apiserver:v1.37.0", "other/kube-apiserver@sha256:00")
	seen := podNode(t, map[string]string{"kube-apiserver.yaml": pod})
	for path, want := range map[string]string{
		"environment/GODEBUG": "tls3des=1", "environment/NO_PROXY": "", "imageRepository": "other", "version": "sha256:00",
		"isolation": "capability SYS_ADMIN|hostPID|no seccomp profile|privileged",
	} {
		if got := strings.Join(said(seen, settings.APIServer, path), "|"); got != want {
			t.Errorf("%s is %q, not %q", path, got, want)
		}
	}
	if got := said(podNode(t, map[string]string{"kube-apiserver.yaml": apiServerPod}), settings.APIServer, "isolation"); got != nil {
		t.Errorf("kubeadm's own pod: %q", got)
	}
}

func TestEtcdsEnvironment(t *testing.T) {
	etcd := func(env string) map[string]string {
		return map[string]string{
			"kube-apiserver.yaml": apiServerPod,
			"etcd.yaml":           "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [etcd, --name=a]\n    env: " + env + "\n",
		}
	}
	seen := podNode(t, etcd("[{name: ETCD_ENABLE_PPROF, value: 'false'}, {name: ETCD_ENABLE_PPROF, value: 'true'}, {name: ETCD_NAME, value: b}]"))
	if got := strings.Join(said(seen, settings.Etcd, "--enable-pprof"), "|"); got != "true" {
		t.Errorf("enable-pprof is %q", got)
	}
	if got := strings.Join(said(seen, settings.Etcd, "--name"), "|"); got != "a" {
		t.Errorf("name is %q", got)
	}
	for _, name := range []string{"ETCD_CONFIG_FILE", "ETCD_ENABLE_PPROF"} {
		if unknownOf(podNode(t, etcd("[{name: "+name+", valueFrom: {fieldRef: {fieldPath: metadata.name}}}]")), settings.Etcd) == "" {
			t.Errorf("%s of a field is known", name)
		}
	}
	own := changed(t, apiServerPod, "10.0.0.9", "127.0.0.1")
	if unknownOf(podNode(t, map[string]string{"kube-apiserver.yaml": own}), settings.Etcd) == "" {
		t.Error("an etcd of the node's own that nothing runs is known")
	}
	if why := unknownOf(podNode(t, map[string]string{"kube-apiserver.yaml": apiServerPod}), settings.Etcd); why != "" {
		t.Errorf("an external etcd: %s", why)
	}
}
