package acceptance

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/kubernetes/scheme"
)

// joinNode is a worker, after `kubeadm join`. It joins a stand-in for an API server that holds what the phase
// upload-config of the same kubeadm put there, so all that join decides is the minor's own code on the bundle's own
// join.yaml: which of the cluster's settings reach this node, the patches, the kubelet's arguments. What is not:
//
//   - join.yaml's discovery is replaced by a kubeconfig of the stand-in, whose address and certificate authority are
//     replaced again by the control plane's in what is written;
//   - of the phases only kubelet-start runs, in a dry run, which writes by the code and with the modes of a node
//     (cmd/kubeadm/app/cmd/phases/join/kubelet.go). Preflight would judge this machine, kubelet-wait-bootstrap would
//     wait for a kubelet, and on a worker no other phase writes a file;
//   - kubelet.conf is written by the kubelet's own code (writeKubeletConf). kubeadm then takes bootstrap-kubelet.conf away;
//   - the kubelet's certificate is described as it asks for it and kube-controller-manager signs it, for a year;
//   - --hostname-override, as for initNode.
//
// The machine has systemd-resolved, so that kubeadm sets resolvConf.
func (m *nodeMaker) joinNode() (*nodeFiles, error) {
	const api = "kubeadm.k8s.io/v1beta4"
	server := newConfigServer()
	defer server.Close()
	kubeconfig := filepath.Join(m.dir, "stand-in.conf")
	if err := os.WriteFile(kubeconfig, []byte(server.kubeconfig()), 0o600); err != nil {
		return nil, err
	}
	for _, part := range []string{"kubeadm", "kubelet"} {
		if _, err := m.kubeadm(nil, nil, "init", "phase", "upload-config", part, "--config", m.config, "--kubeconfig", kubeconfig); err != nil {
			return nil, err
		}
	}
	documents, err := m.documents(worker, "join.yaml", document{"apiVersion": api, "kind": "JoinConfiguration"})
	if err != nil {
		return nil, err
	}
	join := ofKind(documents, "JoinConfiguration")
	if join == nil {
		return nil, fmt.Errorf("join.yaml has no JoinConfiguration")
	}
	join["discovery"] = document{"file": document{"kubeConfigPath": kubeconfig}}
	ownRegistration(join, "worker")
	m.relocatePatches(join, worker)
	config := filepath.Join(m.dir, "join.yaml")
	if err := writeDocuments(config, documents); err != nil {
		return nil, err
	}
	dryRun := filepath.Join(m.dir, "join")
	if err := os.Mkdir(dryRun, 0o755); err != nil {
		return nil, err
	}
	if _, err := m.kubeadm([]string{"systemd-resolved"}, []string{"KUBEADM_JOIN_DRYRUN_DIR=" + dryRun},
		"join", "phase", "kubelet-start", "--config", config, "--dry-run"); err != nil {
		return nil, err
	}
	if err := m.bootstrapped(dryRun); err != nil {
		return nil, err
	}
	if err := plainArguments(filepath.Join(dryRun, "kubeadm-flags.env")); err != nil {
		return nil, err
	}
	files := m.newFiles("worker")
	files.certificates = []certificate{{
		// pkg/kubelet/certificate/kubelet.go, newClientCertificateManager (k8s.io/client-go/util/certificate makes
		// the key); pkg/controller/certificates/signer/config/v1alpha1/defaults.go.
		Path: kubeletPEMInUse, Key: "ECDSA-P256", Signature: m.authorities[clusterCA].SignatureAlgorithm.String(),
		Subject: "CN=system:node:worker,O=system:nodes", Issuer: clusterCA, Validity: "8760h0m0s",
		Usage: []string{"digital signature", "client auth"},
	}}
	files.kubeletStore()
	return files, files.collect(dryRun)
}

// clusterCA is the authority of the cluster.
const clusterCA = "/etc/kubernetes/pki/ca.crt"

// serverLine is where a kubeconfig says which API server it is for.
var serverLine = regexp.MustCompile(`(?m)^(\s*server: ).*$`)

// bootstrapped makes of what join left what there is once the kubelet has its certificate.
func (m *nodeMaker) bootstrapped(dryRun string) error {
	bootstrap, conf := filepath.Join(dryRun, "bootstrap-kubelet.conf"), filepath.Join(dryRun, "kubelet.conf")
	text, err := os.ReadFile(bootstrap)
	if err != nil {
		return err
	}
	text = serverLine.ReplaceAll(text, []byte("${1}https://"+advertised+":6443"))
	if err := os.WriteFile(bootstrap, text, 0o600); err != nil {
		return err
	}
	// A folder of its own, for the kubelet's code looks into it.
	certificates := filepath.Join(m.dir, "kubelet-pki")
	if err := writeKubeletConf(conf, bootstrap, certificates); err != nil {
		return err
	}
	written, err := os.ReadFile(conf)
	if err != nil {
		return err
	}
	written = bytes.ReplaceAll(written, []byte(certificates), []byte(filepath.Dir(kubeletPEM)))
	if err := os.WriteFile(conf, written, 0o600); err != nil {
		return err
	}
	if err := os.Remove(bootstrap); err != nil {
		return err
	}
	// join writes the authority that discovery told it, as it was told.
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.authorities[clusterCA].Raw})
	return os.WriteFile(filepath.Join(dryRun, "ca.crt"), ca, 0o644)
}

// configServer stands in for an API server: it keeps what is given to it, and knows the nodes. What is in kube-public it
// shows nobody, like a cluster without anonymous access.
type configServer struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string][]byte
}

func newConfigServer() *configServer {
	s := &configServer{objects: map[string][]byte{}}
	s.Server = httptest.NewTLSServer(s)
	return s
}

// kubeconfig is one for the server, with a token that it does not look at.
func (s *configServer) kubeconfig() string {
	content, _ := json.Marshal(document{
		"apiVersion": "v1", "kind": "Config", "current-context": "stand-in",
		"clusters": []any{document{"name": "stand-in", "cluster": document{
			"server": s.URL, "certificate-authority-data": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}),
		}}},
		"users":    []any{document{"name": "joining", "user": document{"token": "abcdef.0123456789abcdef"}}},
		"contexts": []any{document{"name": "stand-in", "context": document{"cluster": "stand-in", "user": "joining"}}},
	})
	return string(content)
}

func (s *configServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fail := func(code int, reason string) {
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(document{"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason})
	}
	node, ofNode := strings.CutPrefix(r.URL.Path, "/api/v1/nodes/")
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/kube-public/"):
		fail(http.StatusForbidden, "Forbidden")
	case ofNode && node == "control-plane":
		// Up to 1.35 the phase annotates the node that init ran on.
		_ = json.NewEncoder(w).Encode(document{"apiVersion": "v1", "kind": "Node", "metadata": document{
			"name": node, "labels": document{"kubernetes.io/hostname": node},
		}})
	case r.Method == http.MethodGet:
		if object, ok := s.objects[r.URL.Path]; ok {
			_, _ = w.Write(object)
			return
		}
		fail(http.StatusNotFound, "NotFound")
	case r.Method == http.MethodPost || r.Method == http.MethodPut:
		name, object, err := decoded(r.Body)
		if err != nil {
			fail(http.StatusBadRequest, "BadRequest")
			return
		}
		path := r.URL.Path
		if r.Method == http.MethodPost {
			path += "/" + name
			w.WriteHeader(http.StatusCreated)
		}
		s.objects[path] = object
		_, _ = w.Write(object)
	default:
		fail(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

// decoded reads an object, in JSON or in the protobuf that newer kubeadms speak, and returns its name and its JSON.
func decoded(body io.Reader) (name string, object []byte, err error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return "", nil, err
	}
	typed, kind, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		return "", nil, err
	}
	typed.GetObjectKind().SetGroupVersionKind(*kind)
	named, err := meta.Accessor(typed)
	if err != nil {
		return "", nil, err
	}
	object, err = json.Marshal(typed)
	return named.GetName(), object, err
}
