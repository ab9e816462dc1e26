package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"sigs.k8s.io/yaml"
)

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
	ownArgs := at(ofKind(joins, "JoinConfiguration"), "nodeRegistration")["kubeletExtraArgs"]
	config, err := r.initConfig("worker.yaml", func(init, _ document) {
		registration := at(init, "nodeRegistration")
		delete(registration, "kubeletExtraArgs") // those of the control plane
		if ownArgs != nil {
			registration["kubeletExtraArgs"] = ownArgs
		}
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
	if err := p.survives(policy.holds(address)); err != nil {
		return fmt.Errorf("the kubelet's listener: %w", err)
	}
	return nil
}
