package process

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// files is a tree in which only times matter: seconds after the process started, of the content and of the file.
type files map[string][2]int

func (f files) Stat(name string) (observe.Info, error) {
	at, ok := f[name]
	switch {
	case !ok:
		return observe.Info{}, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	case at[0] < -1000:
		return observe.Info{}, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrPermission}
	}
	second := func(n int) time.Time { return started(0).Add(time.Duration(n) * time.Second) }
	return observe.Info{Path: name, ModTime: second(at[0]), ChangeTime: second(at[1])}, nil
}
func (f files) Lstat(name string) (observe.Info, error) { return f.Stat(name) }
func (f files) ReadFile(string) ([]byte, error)         { return nil, errors.New("not wanted") }
func (f files) ReadDir(string) ([]string, error)        { return nil, errors.New("not wanted") }
func (f files) Glob(pattern string) (out []string, err error) {
	for name := range f {
		if ok, _ := path.Match(pattern, name); ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

func TestStale(t *testing.T) {
	const manifests, config = "/etc/kubernetes/manifests/", "/etc/kubernetes/hardstrap/"
	for name, row := range map[string]struct {
		component string
		args      []string
		files     files
		now       int
		want      []string
	}{
		"older":                {settings.APIServer, nil, files{manifests + "kube-apiserver.yaml": {-5, -4}}, 1000, nil},
		"within the tolerance": {settings.APIServer, nil, files{manifests + "kube-apiserver.yaml": {1, 2}}, 1000, nil},
		"a manifest that was written after": {settings.APIServer, nil, files{manifests + "kube-apiserver.yaml": {30, 30}}, 1000,
			[]string{manifests + "kube-apiserver.yaml 30 true"}},
		"a manifest that was renamed into its place": {settings.APIServer, nil, files{manifests + "kube-apiserver.yaml": {-30, 30}}, 1000,
			[]string{manifests + "kube-apiserver.yaml 30 false"}},
		"a manifest that was written just now": {settings.APIServer, nil, files{manifests + "kube-apiserver.yaml": {990, 990}}, 1000, nil},
		"what is read once, and what is read again": {settings.APIServer, []string{"--audit-policy-file=" + config + "audit/policy.yaml",
			"--authentication-config=" + config + "authentication/authentication.yaml", "--authorization-config=" + config + "authorization/authorization.yaml",
			"--admission-control-config-file=" + config + "admission/admission.yaml", "--encryption-provider-config=" + config + "encryption/encryption.yaml"},
			files{config + "audit/policy.yaml": {9, 9}, config + "authentication/authentication.yaml": {9, 9}, config + "authorization/authorization.yaml": {9, 9},
				config + "admission/admission.yaml": {-9, -9}, config + "admission/pod-security.yaml": {9, 9}, config + "encryption/encryption.yaml": {9, 9}}, 1000,
			[]string{config + "admission/pod-security.yaml 9 true", config + "audit/policy.yaml 9 true", config + "encryption/encryption.yaml 9 true"}},
		"encryption that is read again": {settings.APIServer, []string{"--encryption-provider-config=/e.yaml", "--encryption-provider-config-automatic-reload"},
			files{"/e.yaml": {9, 9}}, 1000, nil},
		"a kubelet": {settings.Kubelet, []string{"--config=/var/lib/kubelet/config.yaml", "--config-dir=/etc/kubelet.d"},
			files{"/var/lib/kubelet/config.yaml": {995, 995}, "/etc/kubelet.d/10-a.conf": {9, 9}, "/etc/kubelet.d/README": {9, 9}, "/var/lib/kubelet/kubeadm-flags.env": {-9, -9},
				"/etc/systemd/system/kubelet.service.d/20-hardstrap.conf": {9, 9}, manifests + "kubelet.yaml": {9, 9}}, 1000,
			[]string{"/etc/kubelet.d/10-a.conf 9 true", "/etc/systemd/system/kubelet.service.d/20-hardstrap.conf 9 true", "/var/lib/kubelet/config.yaml 995 true"}},
		"an etcd that is a service": {settings.Etcd, []string{"--config-file=/etc/etcd/etcd.conf.yaml"},
			files{"/etc/etcd/etcd.conf.yaml": {9, 9}, "/etc/systemd/system/etcd.service": {9, 9}}, 1000,
			[]string{"/etc/etcd/etcd.conf.yaml 9 true", "/etc/systemd/system/etcd.service 9 true"}},
		"an etcd that is a pod": {settings.Etcd, nil, files{manifests + "etcd.yaml": {9, 9}, "/etc/systemd/system/etcd.service": {9, 9}}, 1000,
			[]string{manifests + "etcd.yaml 9 true"}},
		"a scheduler":     {settings.Scheduler, []string{"--config=/s.yaml"}, files{"/s.yaml": {9, 9}}, 1000, []string{"/s.yaml 9 true"}},
		"a kube-proxy":    {settings.KubeProxy, []string{"--config=/p.yaml"}, files{"/p.yaml": {9, 9}}, 1000, nil},
		"a relative path": {settings.Scheduler, []string{"--config=s.yaml"}, files{"s.yaml": {9, 9}}, 1000, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := Process{PID: 1, Component: row.component, Args: append([]string{row.component}, row.args...), Started: started(0)}
			found, missing := Stale([]Process{p, {Component: settings.APIServer}}, row.files, started(row.now))
			var got []string
			for _, n := range found {
				got = append(got, n.Path+" "+strconv.Itoa(int(n.At.Sub(started(0)).Seconds()))+map[bool]string{true: " true", false: " false"}[n.Content])
			}
			if diff := cmp.Diff(row.want, got); diff != "" || len(missing) > 0 {
				t.Errorf("%v (-want +got):\n%s", missing, diff)
			}
		})
	}
	_, missing := Stale([]Process{{Component: settings.Scheduler, Args: []string{"--config=/s.yaml"}, Started: started(0)}}, files{"/s.yaml": {-2000, 0}}, started(9))
	if len(missing) != 1 || missing[0].Origin.File != "/s.yaml" || missing[0].Why != "when it changed cannot be read: permission denied" {
		t.Errorf("%+v", missing)
	}
}
