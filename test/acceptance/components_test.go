package acceptance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"sigs.k8s.io/yaml"
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

// serves checks a component that serves HTTPS: its TLS settings by handshakes, and that the kubelet's probes are let in.
func (r *run) serves(p *process, pod *pod, address string) error {
	policy, err := policyOf(strings.Join(pod.flag("tls-min-version"), ""), pod.flag("tls-cipher-suites"))
	if err != nil {
		return err
	}
	policy.http2 = !slices.Contains(pod.flag("disable-http2-serving"), "true")
	if err := policy.holds(address); err != nil {
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
func (r *run) controllerManager() error { return r.client("kube-controller-manager") }

// scheduler starts kube-scheduler as its static pod does.
func (r *run) scheduler() error { return r.client("kube-scheduler") }

// client starts a component that works through kube-apiserver.
func (r *run) client(name string) error {
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
	return r.serves(p, pod, address)
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

// kubelet runs the kubelet with the configuration that kubeadm gives it on a control-plane node and on a worker.
func (r *run) kubelet() error {
	if err := r.kubeletWith(controlPlane, filepath.Join(r.work, "dry-run")); err != nil {
		return fmt.Errorf("control plane: %w", err)
	}
	if !slices.ContainsFunc(r.b.files, func(file string) bool { return strings.HasPrefix(file, worker+"/") }) {
		return nil
	}
	directory, err := r.workerConfig()
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if err := r.kubeletWith(worker, directory); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return nil
}

// workerConfig has kubeadm write a worker's kubelet configuration: the cluster's, with the worker's own patches.
func (r *run) workerConfig() (string, error) {
	patches := ""
	joins, err := documentsOf(r.b.path(worker + "/" + kubeadmDir + "/join.yaml"))
	if err != nil {
		return "", err
	}
	if directory, ok := at(ofKind(joins, "JoinConfiguration"), "patches")["directory"].(string); ok {
		patches = r.b.path(worker + directory)
	}
	config, err := r.initConfig("worker.yaml", func(init, _ document) {
		delete(init, "patches")
		if patches != "" {
			init["patches"] = document{"directory": patches}
		}
	})
	if err != nil {
		return "", err
	}
	directory := filepath.Join(r.work, "worker")
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", err
	}
	said, err := runToEnd("kubeadm init phase kubelet-start", r.kube, []string{"kubeadm", "init", "phase", "kubelet-start", "--config", config, "--dry-run"},
		[]string{"KUBEADM_INIT_DRYRUN_DIR=" + directory})
	if err != nil {
		return "", err
	}
	for _, file := range r.b.below(worker + "/" + kubeadmDir + "/patches") {
		if !strings.Contains(said, `to target "kubeletconfiguration"`) {
			return "", fmt.Errorf("%s: kubeadm applied no patch", file)
		}
		r.b.accept("kubeadm patches", file)
	}
	return directory, nil
}

// kubeletWith runs the kubelet itself with the configuration in directory, up to where it would begin to work on the
// machine, and then its server.
func (r *run) kubeletWith(role, directory string) error {
	data, err := os.ReadFile(filepath.Join(directory, "config.yaml"))
	if err != nil {
		return err
	}
	config := filepath.Join(directory, "relocated.yaml")
	if err := r.relocatedKubelet(data, config); err != nil {
		return err
	}
	args, err := r.kubeletFlags(role, directory)
	if err != nil {
		return err
	}
	// The kubelet waits for its lock after it has parsed its flags, loaded and validated its configuration, set its
	// feature gates and initialised TLS, and before it touches the machine (cmd/kubelet/app/server.go, run).
	lock, err := os.Create(filepath.Join(directory, "lock"))
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	p, err := r.start("kubelet", r.kube, append(append([]string{"kubelet"}, args...),
		"--config="+config, "--cert-dir="+directory, "--lock-file="+lock.Name()))
	if err != nil {
		return err
	}
	err = p.until("kubelet waiting for its lock", func() bool { return strings.Contains(p.output.String(), "Acquiring file lock") })
	p.stop()
	if err != nil {
		return err
	}
	return r.kubeletListener(data, config)
}

// relocatedKubelet writes the kubelet's configuration with the node's files where they are here.
func (r *run) relocatedKubelet(data []byte, path string) error {
	data = []byte(strings.ReplaceAll(string(data), "/etc/kubernetes/", r.on("/etc/kubernetes")+"/"))
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil {
		// The kubelet judges the machine it is on, and only the configuration is to be judged.
		config := document{}
		if err := yaml.Unmarshal(data, &config); err != nil {
			return err
		}
		config["failCgroupV1"] = false
		if data, err = yaml.Marshal(config); err != nil {
			return err
		}
		r.b.note("the kubelet's failCgroupV1 is false here: this machine has cgroup v1")
	}
	return os.WriteFile(path, data, 0o600)
}

// kubeletFlags are the flags that kubeadm writes for the kubelet, and those of the bundle's systemd drop-in.
func (r *run) kubeletFlags(role, directory string) ([]string, error) {
	args := []string{}
	data, err := os.ReadFile(filepath.Join(directory, "kubeadm-flags.env"))
	if err == nil {
		_, value, _ := strings.Cut(strings.TrimSpace(string(data)), "=")
		args = append(args, strings.Fields(strings.Trim(value, `"`))...)
	} else if !os.IsNotExist(err) {
		return nil, err
	}
	for _, file := range r.b.below(role + "/etc/systemd/system/kubelet.service.d") {
		data, err := os.ReadFile(r.b.path(file))
		if err != nil {
			return nil, err
		}
		for _, line := range strings.Split(string(data), "\n") {
			if !strings.HasPrefix(line, "Environment=") && !strings.HasPrefix(line, "ExecStart=") {
				continue
			}
			for _, word := range strings.Fields(strings.ReplaceAll(line, `"`, " ")) {
				if _, flag, ok := strings.Cut(word, "--"); ok && !strings.Contains(word, "$") {
					args = append(args, "--"+flag)
					r.b.accept("kubelet", file)
				}
			}
		}
	}
	return args, nil
}

// kubeletListener starts the kubelet's server with the TLS settings of config.
func (r *run) kubeletListener(rendered []byte, config string) error {
	var settings struct {
		TLSMinVersion   string
		TLSCipherSuites []string
	}
	if err := yaml.Unmarshal(rendered, &settings); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	pki := r.on("/etc/kubernetes/pki")
	p, err := r.start("kubelet's server", r.kube, []string{"kubelet-server", config, filepath.Join(pki, "apiserver.crt"), filepath.Join(pki, "apiserver.key"), address})
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.serving(address); err != nil {
		return err
	}
	policy, err := policyOf(settings.TLSMinVersion, settings.TLSCipherSuites)
	if err != nil {
		return err
	}
	if err := policy.holds(address); err != nil {
		return fmt.Errorf("the kubelet's listener: %w", err)
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

// manifests applies the bundle's manifests to the kube-apiserver that runs, in order, with strict field validation.
func (r *run) manifests() error {
	files := r.b.below("manifests")
	if len(files) == 0 || r.apiServerAddress == "" {
		return nil
	}
	api, err := newAPI(r)
	if err != nil {
		return err
	}
	var problems []error
	for _, file := range files {
		documents, err := documentsOf(r.b.path(file))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, content := range documents {
			if err := api.apply(content); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", file, err))
			}
		}
		if len(problems) == 0 {
			r.b.accept("kube-apiserver", file)
		}
	}
	return errors.Join(problems...)
}

// api is a cluster administrator's access to the kube-apiserver that runs.
type api struct {
	base   string
	client *http.Client
}

func newAPI(r *run) (*api, error) {
	// kubeadm signs the API server's own client certificates for the group that may do everything.
	admin, err := documentsOf(r.on("/etc/kubernetes/super-admin.conf"))
	if err != nil || len(admin) != 1 {
		return nil, fmt.Errorf("super-admin.conf: %w", err)
	}
	certificate, err := clientCertificate(admin[0])
	if err != nil {
		return nil, err
	}
	return &api{base: "https://" + r.apiServerAddress, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}},
	}}}, nil
}

// do sends one request and returns the answer's body, which is an error unless its status is one of good.
func (a *api) do(method, path, body string, good ...int) ([]byte, error) {
	request, err := http.NewRequest(method, a.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/yaml")
	request.Header.Set("Accept", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && !slices.Contains(good, response.StatusCode) {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}

// apply applies one object as `kubectl apply --server-side --validate=strict` does.
func (a *api) apply(object document) error {
	version, kind := fmt.Sprint(object["apiVersion"]), fmt.Sprint(object["kind"])
	base := "/apis/" + version
	if !strings.Contains(version, "/") {
		base = "/api/" + version
	}
	answer, err := a.do(http.MethodGet, base, "", http.StatusOK)
	if err != nil {
		return err
	}
	var list struct {
		Resources []struct {
			Name, Kind string
			Namespaced bool
		}
	}
	if err := yaml.Unmarshal(answer, &list); err != nil {
		return err
	}
	metadata := at(object, "metadata")
	for _, resource := range list.Resources {
		if resource.Kind != kind || strings.Contains(resource.Name, "/") {
			continue
		}
		path := base
		if resource.Namespaced {
			namespace, ok := metadata["namespace"].(string)
			if !ok {
				namespace = "default"
			}
			if err := a.namespace(namespace); err != nil {
				return err
			}
			path += "/namespaces/" + namespace
		}
		body, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		_, err = a.do(http.MethodPatch, fmt.Sprintf("%s/%s/%v?fieldManager=acceptance&force=true&fieldValidation=Strict", path, resource.Name, metadata["name"]),
			string(body), http.StatusOK, http.StatusCreated)
		return err
	}
	return fmt.Errorf("%s has no %s", version, kind)
}

// namespace makes a namespace that the manifests take for granted: those that Kubernetes makes a moment later, and
// the cluster's own.
func (a *api) namespace(name string) error {
	_, err := a.do(http.MethodPost, "/api/v1/namespaces", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+name+`"}}`,
		http.StatusCreated, http.StatusConflict)
	return err
}
