package acceptance

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stage is one component's judgement of a node.
type stage struct {
	name  string
	check func(*run) error
}

// stages are all of them, in the order in which each finds what it needs running.
func stages() []stage {
	return []stage{
		{"etcd", (*run).etcd},
		{"kube-apiserver", (*run).apiServer},
		{"manifests", (*run).manifests},
		{"kube-controller-manager", (*run).controllerManager},
		{"kube-scheduler", (*run).scheduler},
		{"kubelet", (*run).kubelet},
		{"kube-proxy", (*run).kubeProxy},
	}
}

// run is a node under judgement and what runs on it.
type run struct {
	*node
	programs
	etcdServers      string // the URLs of the etcd that runs
	apiServerAddress string
	running          []*process
}

// close stops what runs.
func (r *run) close() {
	for _, p := range slices.Backward(r.running) {
		p.stop()
	}
	r.running = nil
	for _, here := range r.sockets {
		// The folder is a temporary one; the system removes what stays.
		_ = os.RemoveAll(filepath.Dir(here))
	}
}

// start starts a component of the node.
func (r *run) start(name, program string, args []string) (*process, error) {
	p, err := start(name, program, args, nil)
	if err == nil {
		r.running = append(r.running, p)
	}
	return p, err
}

// apiServer starts kube-apiserver as its static pod does, against the etcd that runs, and asks it what the kubelet
// asks it.
func (r *run) apiServer() error {
	if err := r.strictly(); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	etcdServers := r.etcdServers
	if etcdServers == "" {
		// Nothing listens there: enough for what kube-apiserver refuses before it needs its storage.
		etcdServers = "https://127.0.0.1:1"
	}
	pod := r.pods["kube-apiserver"]
	args, err := pod.arguments(map[string]string{"bind-address": "127.0.0.1", "secure-port": portOf(address), "etcd-servers": etcdServers})
	if err != nil {
		return err
	}
	for _, here := range r.sockets {
		if _, err := r.start("KMS plugin", r.kube, []string{"kms-plugin", here}); err != nil {
			return err
		}
	}
	p, err := r.start("kube-apiserver", r.kube, append([]string{"kube-apiserver"}, args...))
	if err != nil {
		return err
	}
	if err := p.serving(address); err != nil {
		return err
	}
	r.apiServerAddress = address
	if err := r.serves(p, pod, address); err != nil {
		return err
	}
	for _, file := range r.b.below(controlPlane + "/etc/kubernetes") {
		if r.used[strings.TrimPrefix(file, controlPlane)] {
			r.b.accept("kube-apiserver", file)
		}
	}
	return nil
}

// strictly reads what kube-apiserver reads leniently.
func (r *run) strictly() error {
	check := func(kind, path string) error {
		_, err := runToEnd("strict reading of "+filepath.Base(path), r.kube, []string{"strict", kind, path}, nil)
		return err
	}
	for _, path := range r.pods["kube-apiserver"].flag("audit-policy-file") {
		if err := check("audit", r.on(path)); err != nil {
			return err
		}
	}
	for _, path := range r.pods["kube-apiserver"].flag("admission-control-config-file") {
		documents, err := documentsOf(r.on(path))
		if err != nil {
			return err
		}
		for _, content := range documents {
			plugins, _ := content["plugins"].([]any)
			for _, entry := range plugins {
				if err := r.strictPlugin(path, entry, check); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// strictPlugin reads the configuration of one admission plugin, in a file of its own or inline.
func (r *run) strictPlugin(config string, entry any, check func(kind, path string) error) error {
	plugin, _ := entry.(map[string]any)
	kind := map[any]string{"EventRateLimit": "eventratelimit", "ImagePolicyWebhook": "imagepolicy"}[plugin["name"]]
	if path, ok := plugin["path"].(string); ok && path != "" {
		if !filepath.IsAbs(path) {
			path = r.on(filepath.Join(filepath.Dir(config), path))
		}
		r.used[strings.TrimPrefix(path, r.root)] = true
		if plugin["name"] == "ValidatingAdmissionPolicy" {
			return r.staticPolicies(path)
		}
		if kind == "" {
			return nil
		}
		return check(kind, path)
	}
	inline, ok := plugin["configuration"].(map[string]any)
	if !ok || kind == "" {
		return nil
	}
	path := filepath.Join(r.work, kind+".yaml")
	if err := writeDocuments(path, []document{inline}); err != nil {
		return err
	}
	return check(kind, path)
}

// staticPolicies notes the files that kube-apiserver reads admission policies from: it refuses to start where one of
// them is not as it should be (k8s.io/apiserver v0.37.0, pkg/admission/plugin/policy/manifest/loader).
func (r *run) staticPolicies(config string) error {
	documents, err := documentsOf(config)
	if err != nil {
		return err
	}
	for _, content := range documents {
		dir, _ := content["staticManifestsDir"].(string)
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil || dir == "" || len(files) == 0 {
			return fmt.Errorf("%s: no files in staticManifestsDir %q", config, dir)
		}
		for _, file := range files {
			r.used[strings.TrimPrefix(file, r.root)] = true
		}
	}
	return nil
}

// serves checks a component that serves HTTPS: its TLS settings by handshakes, and that the kubelet's probes are let in.
func (r *run) serves(p *process, pod *pod, address string) error {
	policy, err := policyOf(strings.Join(pod.flag("tls-min-version"), ""), pod.flag("tls-cipher-suites"))
	if err != nil {
		return err
	}
	policy.http2 = !slices.Contains(pod.flag("disable-http2-serving"), "true")
	if err := p.survives(policy.holds(address)); err != nil {
		return fmt.Errorf("%s's listener: %w", pod.name, err)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the kubelet does not verify it either
	}}
	container := pod.manifest.Spec.Containers[0]
	for kind, probe := range map[string]*probe{"liveness": container.LivenessProbe, "readiness": container.ReadinessProbe, "startup": container.StartupProbe} {
		switch {
		case probe == nil:
		case probe.TCPSocket != nil:
			conn, err := net.DialTimeout("tcp", address, 10*time.Second)
			if err != nil {
				return fmt.Errorf("%s's %s probe: %w", pod.name, kind, err)
			}
			conn.Close()
		case probe.HTTPGet != nil:
			if probe.HTTPGet.Scheme != "HTTPS" {
				return fmt.Errorf("%s's %s probe asks by %s", pod.name, kind, probe.HTTPGet.Scheme)
			}
			if err := letIn(client, p, "https://"+address+probe.HTTPGet.Path); err != nil {
				return fmt.Errorf("%s's %s probe: %w", pod.name, kind, err)
			}
		}
	}
	return nil
}

// letIn asks as the kubelet's probe does, until the answer is not a refusal: a new cluster refuses what its first RBAC
// roles allow until they are written.
func letIn(client *http.Client, p *process, url string) error {
	status := ""
	err := p.until("answer to a probe of "+url, func() bool {
		response, err := client.Get(url)
		if err != nil {
			status = err.Error()
			return false
		}
		response.Body.Close()
		status = response.Status
		return response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusForbidden
	})
	if err != nil {
		return fmt.Errorf("%s, and the kubelet would restart it for ever (%w)", status, err)
	}
	return nil
}

// controllerManager starts kube-controller-manager as its static pod does.
func (r *run) controllerManager() error { return r.client("kube-controller-manager", r.typeChecked) }

// scheduler starts kube-scheduler as its static pod does.
func (r *run) scheduler() error {
	return r.client("kube-scheduler", func(*process) error { return nil })
}

// client starts a component that works through kube-apiserver, and looks at what it does there.
func (r *run) client(name string, works func(*process) error) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	pod := r.pods[name]
	args, err := pod.arguments(map[string]string{"bind-address": "127.0.0.1", "secure-port": portOf(address)})
	if err != nil {
		return err
	}
	if err := r.pointKubeconfigs(); err != nil {
		return err
	}
	p, err := r.start(name, r.kube, append([]string{name}, args...))
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.serving(address); err != nil {
		return err
	}
	if err := r.serves(p, pod, address); err != nil {
		return err
	}
	return works(p)
}

// server finds the address in a kubeconfig file.
var server = regexp.MustCompile(`(?m)^( *)server: .*$`)

// pointKubeconfigs makes kubeadm's kubeconfig files lead to the kube-apiserver that runs here, whose certificate has
// the name that is asked for.
func (r *run) pointKubeconfigs() error {
	address := r.apiServerAddress
	if address == "" {
		address = "127.0.0.1:1"
	}
	files, err := filepath.Glob(r.on("/etc/kubernetes/*.conf"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.Contains(string(data), "tls-server-name") {
			continue
		}
		pointed := server.ReplaceAll(data, []byte("${1}server: https://"+address+"\n${1}tls-server-name: kubernetes"))
		if err := os.WriteFile(file, pointed, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// kubeProxy has kube-proxy read, complete and validate its configuration, and write what it made of it.
func (r *run) kubeProxy() error {
	documents, err := documentsOf(r.b.path(controlPlane + "/" + kubeadmDir + "/init.yaml"))
	if err != nil {
		return err
	}
	content := ofKind(documents, "KubeProxyConfiguration")
	if content == nil {
		return nil
	}
	config := filepath.Join(r.work, "kube-proxy.yaml")
	if err := writeDocuments(config, []document{content}); err != nil {
		return err
	}
	_, err = runToEnd("kube-proxy", r.kube, []string{"kube-proxy", "--config=" + config, "--write-config-to=" + filepath.Join(r.work, "kube-proxy-read.yaml")}, nil)
	return err
}
