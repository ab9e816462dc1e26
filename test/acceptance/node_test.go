package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

// node is a control-plane node as kubeadm would leave it: the bundle over an empty root, and kubeadm's own
// certificates, kubeconfig files, static pods and kubelet configuration beside it.
type node struct {
	b    *bundle
	root string // what / is on the node
	work string // what the checks need beside it
	pods map[string]*pod
	// used are the paths on the node that a component was given, as the bundle's files are named.
	used map[string]bool
	// sockets are where KMS plugins are expected: on the node, and here.
	sockets map[string]string
}

// advertised is the address the node has; it is reserved for documentation, and nothing is ever sent to it.
const advertised = "192.0.2.10"

// programs are what was built from the modules.
type programs struct {
	kube, etcd string
	pki        string // where certificates are kept between nodes, by algorithm: making them takes longest
	making     *sync.Mutex
}

// newNode builds a node below dir from a bundle.
func newNode(b *bundle, p programs, dir string) (*node, error) {
	n := &node{b: b, root: filepath.Join(dir, "root"), work: filepath.Join(dir, "work"), pods: map[string]*pod{}, used: map[string]bool{}, sockets: map[string]string{}}
	if err := os.MkdirAll(n.work, 0o755); err != nil {
		return nil, err
	}
	if err := copyTree(b.path(controlPlane), n.root); err != nil {
		return nil, err
	}
	if err := n.certificates(p); err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	if err := n.staticPods(p); err != nil {
		return nil, fmt.Errorf("static pods: %w", err)
	}
	return n, n.relocate()
}

// on returns where a path of the node is on this machine.
func (n *node) on(path string) string { return filepath.Join(n.root, path) }

// initConfig writes a copy of the bundle's init.yaml that change was applied to, for the kubeadm phases that need
// folders other than a node's, and returns its path.
func (n *node) initConfig(name string, change func(init, cluster document)) (string, error) {
	documents, err := documentsOf(n.b.path(controlPlane + "/" + kubeadmDir + "/init.yaml"))
	if err != nil {
		return "", err
	}
	documents, init, cluster, err := ownInit(documents)
	if err != nil {
		return "", err
	}
	change(init, cluster)
	path := filepath.Join(n.work, name)
	return path, writeDocuments(path, documents)
}

// ownInit completes the documents of an init.yaml by what kubeadm would otherwise ask the machine for.
func ownInit(documents []document) (all []document, init, cluster document, err error) {
	init, cluster = ofKind(documents, "InitConfiguration"), ofKind(documents, "ClusterConfiguration")
	if cluster == nil {
		return nil, nil, nil, fmt.Errorf("init.yaml has no ClusterConfiguration")
	}
	if init == nil {
		init = document{"apiVersion": cluster["apiVersion"], "kind": "InitConfiguration"}
		documents = append(documents, init)
	}
	endpoint := at(init, "localAPIEndpoint")
	if endpoint["advertiseAddress"] == nil {
		endpoint["advertiseAddress"] = advertised
	}
	ownRegistration(init, "control-plane")
	return documents, init, cluster, nil
}

// ownRegistration is the part of that which init and join have in common.
func ownRegistration(config document, name string) {
	registration := at(config, "nodeRegistration")
	if registration["name"] == nil {
		registration["name"] = name
	}
	if registration["criSocket"] == nil {
		registration["criSocket"] = "unix:///run/containerd/containerd.sock"
	}
}

// certificates makes what kubeadm makes in /etc/kubernetes: the certificates, once for every algorithm, and the
// kubeconfig files.
func (n *node) certificates(p programs) error {
	var algorithm string
	external := false
	config, err := n.initConfig("certificates.yaml", func(_, cluster document) {
		algorithm, _ = cluster["encryptionAlgorithm"].(string)
		_, external = at(cluster, "etcd")["external"]
		// With an external etcd kubeadm makes no certificate for it; the same ones do there.
		delete(cluster, "etcd")
		cluster["certificatesDir"] = n.on("/etc/kubernetes/pki")
	})
	if err != nil {
		return err
	}
	if err := n.keys(p, config, filepath.Join(p.pki, "pki-"+n.b.minor+"-"+algorithm)); err != nil {
		return err
	}
	_, err = runToEnd("kubeadm kubeconfig", p.kube, []string{"kubeadm", "init", "phase", "kubeconfig", "all", "--config", config,
		"--kubeconfig-dir", n.on("/etc/kubernetes")}, nil)
	if err != nil || !external {
		return err
	}
	return n.etcdCertificates()
}

// keys has kubeadm make the certificates, or fills in from those kept what it would make again.
func (n *node) keys(p programs, config, kept string) error {
	p.making.Lock()
	defer p.making.Unlock()
	if _, err := os.Stat(kept); err == nil {
		if err := copyTree(kept, n.on("/etc/kubernetes/pki")); err != nil {
			return err
		}
	}
	if _, err := runToEnd("kubeadm init phase certs", p.kube, []string{"kubeadm", "init", "phase", "certs", "all", "--config", config}, nil); err != nil {
		return err
	}
	if _, err := os.Stat(kept); err == nil {
		return nil
	}
	return copyTree(n.on("/etc/kubernetes/pki"), kept)
}

// etcdCertificates puts certificates where an external etcd's client looks for them.
func (n *node) etcdCertificates() error {
	documents, err := documentsOf(n.b.path(controlPlane + "/" + kubeadmDir + "/init.yaml"))
	if err != nil {
		return err
	}
	external := at(ofKind(documents, "ClusterConfiguration"), "etcd", "external")
	pki := n.on("/etc/kubernetes/pki")
	for key, source := range map[string]string{"caFile": "etcd/ca.crt", "certFile": "apiserver-etcd-client.crt", "keyFile": "apiserver-etcd-client.key"} {
		path, _ := external[key].(string)
		if path == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(pki, source))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(n.on(path)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(n.on(path), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// staticPods has kubeadm write the static pods and the kubelet's configuration, the patches applied.
func (n *node) staticPods(p programs) error {
	external := false
	config, err := n.initConfig("pods.yaml", func(init, cluster document) {
		if patches, ok := init["patches"].(map[string]any); ok {
			if directory, ok := patches["directory"].(string); ok {
				patches["directory"] = n.on(directory)
			}
		}
		_, external = at(cluster, "etcd")["external"]
	})
	if err != nil {
		return err
	}
	dryRun := filepath.Join(n.work, "dry-run")
	if err := os.MkdirAll(dryRun, 0o755); err != nil {
		return err
	}
	phases := [][]string{{"control-plane", "all"}, {"kubelet-start"}}
	if !external {
		phases = append(phases, []string{"etcd", "local"})
	}
	var said strings.Builder
	for _, phase := range phases {
		args := append([]string{"kubeadm", "init", "phase"}, phase...)
		output, err := runToEnd("kubeadm init phase "+phase[0], p.kube, append(args, "--config", config, "--dry-run"), []string{"KUBEADM_INIT_DRYRUN_DIR=" + dryRun})
		if err != nil {
			return err
		}
		said.WriteString(output)
	}
	if err := n.patchesApplied(said.String()); err != nil {
		return err
	}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"} {
		data, err := os.ReadFile(filepath.Join(dryRun, name+".yaml"))
		if os.IsNotExist(err) && name == "etcd" && external {
			continue
		}
		if err != nil {
			return err
		}
		manifest := &pod{name: name, node: n}
		if err := yaml.Unmarshal(data, &manifest.manifest); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(manifest.manifest.Spec.Containers) != 1 {
			return fmt.Errorf("%s: %d containers", name, len(manifest.manifest.Spec.Containers))
		}
		n.pods[name] = manifest
	}
	return nil
}

// patchesApplied checks that kubeadm applied every patch of the bundle, and not only read past it.
func (n *node) patchesApplied(said string) error {
	for _, file := range n.b.below(controlPlane + "/" + kubeadmDir + "/patches") {
		target, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), "+")
		// kubeadm numbers them by a suffix of its target's name.
		target = strings.TrimRight(target, "0123456789")
		if target == "corednsdeployment" || target == "kubeproxydaemonset" {
			n.b.note("%s: applied to an add-on, which only a cluster has", file)
			continue
		}
		if !strings.Contains(said, fmt.Sprintf("to target %q", target)) {
			return fmt.Errorf("%s: kubeadm applied no patch to %q", file, target)
		}
		n.b.accept("kubeadm patches", file)
	}
	return nil
}

// relocate makes the documents that name other files of the node name them where they are here, and puts something
// where they name what a bundle does not bring: the kubeconfig of a webhook.
func (n *node) relocate() error {
	return filepath.WalkDir(n.on("/etc/kubernetes"), func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "kubeadm" || name == "pki" {
				return filepath.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relocated := strings.ReplaceAll(string(data), "/etc/kubernetes/", n.on("/etc/kubernetes")+"/")
		for _, endpoint := range socket.FindAllString(comment.ReplaceAllString(string(data), ""), -1) {
			here, err := n.socket(strings.TrimPrefix(endpoint, "unix://"))
			if err != nil {
				return err
			}
			relocated = strings.ReplaceAll(relocated, endpoint, "unix://"+here)
		}
		if relocated == string(data) {
			return nil
		}
		for _, path := range nodePath.FindAllString(comment.ReplaceAllString(string(data), ""), -1) {
			named := n.on(path)
			n.used[strings.TrimPrefix(named, n.root)] = true
			if _, err := os.Stat(named); err != nil {
				if err := n.standIn(named, ""); err != nil {
					return err
				}
			}
		}
		return os.WriteFile(path, []byte(relocated), 0o600)
	})
}

// nodePath finds the paths of the node in a document.
var nodePath = regexp.MustCompile(`/etc/kubernetes/[\w./-]*\w`)

// socket finds the sockets of KMS plugins.
var socket = regexp.MustCompile(`unix://[\w./@-]+`)

// socket returns where a plugin's socket is here: in a folder with a short name, for a socket's may not be long.
func (n *node) socket(path string) (string, error) {
	if _, ok := n.pods["kube-apiserver"].hostPath(path); !ok {
		return "", fmt.Errorf("kube-apiserver: no volume brings the socket %s into the container", path)
	}
	if n.sockets[path] == "" {
		dir, err := os.MkdirTemp("", "kms")
		if err != nil {
			return "", err
		}
		n.sockets[path] = filepath.Join(dir, "socket")
		n.b.note("%s: the site's KMS plugin; one that encrypts nothing stands in for it", path)
	}
	return n.sockets[path], nil
}

// comment finds the lines that only people read.
var comment = regexp.MustCompile(`(?m)^\s*#.*$`)

// ownDocuments are documents that a site writes itself, by the flag that names them.
var ownDocuments = map[string]string{
	"tracing-config-file":         "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: TracingConfiguration\n",
	"egress-selector-config-file": "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n- {name: controlplane, connection: {proxyProtocol: Direct}}\n",
}

// standIn puts something at path, which a component is told to read and which only the site can bring: a kubeconfig
// of a webhook, a CA, a key.
func (n *node) standIn(path, flag string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if text, ok := ownDocuments[flag]; ok {
		n.b.note("%s: the site's own; a minimal one stands in for it", strings.TrimPrefix(path, n.root))
		return os.WriteFile(path, []byte(text), 0o600)
	}
	base := filepath.Base(path)
	is := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(flag+" "+base, part) })
	}
	source := ""
	switch {
	case is("kubeconfig", "webhook-config"):
		source = "../admin.conf"
	case is("service-account") && strings.HasSuffix(base, ".key"):
		source = "sa.key"
	case is("service-account"):
		source = "sa.pub"
	case is("client") && strings.HasSuffix(base, ".key"):
		source = "apiserver-kubelet-client.key"
	case is("client") && !is("client-ca"):
		source = "apiserver-kubelet-client.crt"
	case strings.HasSuffix(base, ".key"):
		source = "apiserver.key"
	case is("ca.", "ca-", "cafile", "authority"):
		source = "ca.crt"
	case is(".crt", ".pem"):
		source = "apiserver.crt"
	default:
		return fmt.Errorf("%s: nothing puts this file on the node (--%s)", strings.TrimPrefix(path, n.root), flag)
	}
	data, err := os.ReadFile(filepath.Join(n.on("/etc/kubernetes/pki"), source))
	if err != nil {
		return err
	}
	n.b.note("%s: the site's own; kubeadm's %s stands in for it", strings.TrimPrefix(path, n.root), filepath.Base(source))
	return os.WriteFile(path, data, 0o600)
}

// pod is a static pod that kubeadm wrote.
type pod struct {
	name     string
	node     *node
	manifest struct {
		Spec struct {
			Containers []struct {
				Command      []string
				VolumeMounts []struct {
					Name, MountPath string
					ReadOnly        bool
				}
				LivenessProbe, ReadinessProbe, StartupProbe *probe
				Ports                                       []struct {
					Name          string
					ContainerPort int
				}
			}
			Volumes []struct {
				Name     string
				HostPath struct{ Path, Type string }
			}
		}
	}
}

// probe is one of the kubelet's probes of a static pod.
type probe struct {
	HTTPGet *struct {
		Path, Scheme, Host string
		Port               any
	}
	TCPSocket *struct{ Port any }
}

// notPaths are flags whose values begin with a slash and are no files.
var notPaths = []string{"authorization-always-allow-paths"}

// arguments returns the pod's command line with every path of the container replaced by where its volumes take it,
// and set put in place of what is there. A path that no volume brings in is a fault of the bundle.
func (p *pod) arguments(set map[string]string) ([]string, error) {
	if err := p.volumes(); err != nil {
		return nil, err
	}
	var args []string
	for _, arg := range p.manifest.Spec.Containers[0].Command[1:] {
		name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if _, ok := set[name]; ok {
			continue
		}
		if strings.HasPrefix(value, "/") && !slices.Contains(notPaths, name) {
			mapped, err := p.mapped(name, value)
			if err != nil {
				return nil, err
			}
			arg = "--" + name + "=" + mapped
		}
		args = append(args, arg)
	}
	for name, value := range set {
		if value != "" {
			args = append(args, "--"+name+"="+value)
		}
	}
	slices.Sort(args[len(args)-len(set):])
	return args, nil
}

// flag returns all values of a flag in the pod's command line.
func (p *pod) flag(name string) []string {
	var values []string
	for _, arg := range p.manifest.Spec.Containers[0].Command[1:] {
		if flag, value, ok := strings.Cut(strings.TrimPrefix(arg, "--"), "="); ok && flag == name {
			values = append(values, strings.Split(value, ",")...)
		}
	}
	return values
}

// mapped takes a flag's path, or comma-separated paths, out of the container.
func (p *pod) mapped(flag, value string) (string, error) {
	var mapped []string
	for _, path := range strings.Split(value, ",") {
		host, ok := p.hostPath(path)
		if !ok {
			return "", fmt.Errorf("%s: --%s names %s, which no volume brings into the container", p.name, flag, path)
		}
		p.node.used[host] = true
		here := p.node.on(host)
		_, err := os.Stat(here)
		written := flag == "audit-log-path" || flag == "data-dir" || flag == "wal-dir" || flag == "cert-dir" || flag == "flex-volume-plugin-dir"
		if err != nil && written {
			err = os.MkdirAll(filepath.Dir(here), 0o700)
		} else if err != nil {
			err = p.node.standIn(here, flag)
		}
		if err != nil {
			return "", err
		}
		mapped = append(mapped, here)
	}
	return strings.Join(mapped, ","), nil
}

// hostPath says where the pod's volumes take a path of the container.
func (p *pod) hostPath(path string) (string, bool) {
	longest, host := -1, ""
	for _, mount := range p.manifest.Spec.Containers[0].VolumeMounts {
		if path != mount.MountPath && !strings.HasPrefix(path, strings.TrimSuffix(mount.MountPath, "/")+"/") || len(mount.MountPath) < longest {
			continue
		}
		for _, volume := range p.manifest.Spec.Volumes {
			if volume.Name == mount.Name {
				longest, host = len(mount.MountPath), volume.HostPath.Path+strings.TrimPrefix(path, mount.MountPath)
			}
		}
	}
	return host, longest >= 0
}

// volumes makes the folders and files that the kubelet would make for the pod.
func (p *pod) volumes() error {
	for _, volume := range p.manifest.Spec.Volumes {
		path := p.node.on(volume.HostPath.Path)
		switch volume.HostPath.Type {
		case "DirectoryOrCreate":
			if err := os.MkdirAll(path, 0o755); err != nil {
				return err
			}
		case "FileOrCreate":
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			file, err := os.OpenFile(path, os.O_CREATE, 0o600)
			if err != nil {
				return err
			}
			file.Close()
		}
	}
	return nil
}
