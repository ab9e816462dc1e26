package acceptance

import (
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/version"
	"sigs.k8s.io/yaml"
)

// kubeletPEM is the kubelet's certificate for the API server, which it keeps as a link to the one in use
// (k8s.io/client-go v0.37.0, util/certificate/certificate_store.go).
const (
	kubeletPEM      = "/var/lib/kubelet/pki/kubelet-client-current.pem"
	kubeletPEMInUse = "/var/lib/kubelet/pki/kubelet-client-2026-01-01-00-00-00.pem"
)

// initNode is the first control plane, after `kubeadm init`. Its phases write into a dry-run directory, by the code and
// with the modes that they have on a node. Three things are not from there:
//
//   - --hostname-override, which kubeadm adds because the machine this runs on has another name than the node, is taken
//     out (plainArguments);
//   - kubelet.conf names the kubelet's own certificate, as the phase kubelet-finalize makes it once the kubelet runs
//     (cmd/kubeadm/app/cmd/phases/init/kubeletfinalize.go), which a dry run leaves out;
//   - etcd's data directory is made, which a dry run leaves out too (cmd/kubeadm/app/util/etcd/etcddata.go).
//
// The machine has no systemd-resolved: its kubelet keeps its default resolvConf. The worker's machine has.
func (m *nodeMaker) initNode() (*nodeFiles, error) {
	const api = "kubeadm.k8s.io/v1beta4"
	documents, err := m.documents(controlPlane, "init.yaml", document{"apiVersion": api, "kind": "ClusterConfiguration", "kubernetesVersion": version.Get().GitVersion})
	if err != nil {
		return nil, err
	}
	documents, init, cluster, err := ownInit(documents)
	if err != nil {
		return nil, err
	}
	m.relocatePatches(init, controlPlane)
	m.config = filepath.Join(m.dir, "init.yaml")
	if err := writeDocuments(m.config, documents); err != nil {
		return nil, err
	}
	dryRun := filepath.Join(m.dir, "init")
	if err := os.Mkdir(dryRun, 0o755); err != nil {
		return nil, err
	}
	phases := []string{"certs all", "kubeconfig all", "kubelet-start", "control-plane all"}
	if _, external := at(cluster, "etcd")["external"]; !external {
		phases = append(phases, "etcd local")
	}
	for _, phase := range phases {
		args := append([]string{"init", "phase"}, strings.Fields(phase)...)
		if _, err := m.kubeadm(nil, []string{"KUBEADM_INIT_DRYRUN_DIR=" + dryRun}, append(args, "--config", m.config, "--dry-run")...); err != nil {
			return nil, err
		}
	}
	files := m.newFiles("control-plane")
	if err := files.kubeletCertificate(filepath.Join(dryRun, "kubelet.conf")); err != nil {
		return nil, err
	}
	if err := rotated(filepath.Join(dryRun, "kubelet.conf")); err != nil {
		return nil, err
	}
	if err := plainArguments(filepath.Join(dryRun, "kubeadm-flags.env")); err != nil {
		return nil, err
	}
	if err := files.collect(dryRun); err != nil {
		return nil, err
	}
	m.authorities = files.authorities
	return files, files.etcdData(filepath.Join(dryRun, "etcd.yaml"))
}

// rotated does to a kubelet.conf what the phase kubelet-finalize does.
func rotated(path string) error {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return err
	}
	user := config.AuthInfos[config.Contexts[config.CurrentContext].AuthInfo]
	user.ClientKeyData, user.ClientCertificateData = nil, nil
	user.ClientKey, user.ClientCertificate = kubeletPEM, kubeletPEM
	return clientcmd.WriteToFile(*config, path)
}

// plainArguments takes --hostname-override out of a kubeadm-flags.env: no built-in profile sets it.
func plainArguments(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, value, _ := strings.Cut(strings.TrimSpace(string(text)), "=")
	var kept []string
	for _, argument := range strings.Fields(strings.Trim(value, `"`)) {
		if !strings.HasPrefix(argument, "--hostname-override=") {
			kept = append(kept, argument)
		}
	}
	return os.WriteFile(path, []byte(name+`="`+strings.Join(kept, " ")+"\"\n"), 0o644)
}

// etcdData adds the directory that the manifest of etcd mounts for its data.
func (f *nodeFiles) etcdData(manifest string) error {
	text, err := os.ReadFile(manifest)
	if os.IsNotExist(err) {
		return nil // etcd stands apart
	}
	if err != nil {
		return err
	}
	p := &pod{}
	if err := yaml.Unmarshal(text, &p.manifest); err != nil {
		return err
	}
	for _, volume := range p.manifest.Spec.Volumes {
		if volume.Name == "etcd-data" {
			f.entries = append(f.entries, nodeEntry{path: volume.HostPath.Path, kind: "dir", mode: 0o700})
		}
	}
	return nil
}
