package process

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Process is one running component.
type Process struct {
	PID       int               `json:"pid"`
	Component string            `json:"component"`
	Exe       string            `json:"exe"`                // as its mount namespace has it; argv[0] where it could not be read
	Replaced  bool              `json:"replaced,omitempty"` // the executable is not there any more: another build would start
	Args      []string          `json:"args"`               // with the program's name; passwords are replaced
	Env       map[string]string `json:"env,omitempty"`      // what configures the component, see environment
	Started   time.Time         `json:"started"`            // to a hundredth of a second; the zero time where it could not be read
}

// components are the names of the executables. Whatever wraps several of them in one (hyperkube, k3s) is not
// known here: its flags are its own.
func components() []string {
	return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Kubelet, settings.KubeProxy, settings.Etcd}
}

// Find looks through a mounted /proc for the components of its node, ordered by process number. A component
// of which several instances run is there several times.
//
// Only processes in the network namespace of process 1 are the node's: kubeadm runs the components with
// hostNetwork or as services of the node (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/util/staticpod/utils.go,
// ComponentPod; cmd/kubeadm/app/phases/addons/proxy/manifests.go). What runs in a node of kind on the same host, or as
// the etcd or the API server of somebody in a pod, has a network of its own, and is not meant. Where namespaces
// cannot be read, which needs the rights of the process's user, everything is taken for the node's, and of a component
// that runs several times it is told that nobody knows which one is meant.
//
// Kernel threads, zombies, and the children that a component has for an instant before it executes another
// program are left out.
func Find(proc string) ([]Process, []observe.Unknown) {
	numbers, tree, err := open(proc)
	if err != nil {
		var out []observe.Unknown
		for _, component := range components() {
			out = append(out, unknown(component, proc, "processes cannot be read: "+reason(err), ""))
		}
		return nil, out
	}
	s := search{tree: tree, proc: proc, exes: make(map[int]string)}
	s.boot, s.bootErr = s.booted()
	s.network = s.link(1, "ns/net")
	var out []Process
	for _, pid := range numbers {
		if p, ok := s.look(pid); ok {
			out = append(out, p)
		}
	}
	return out, append(s.unknown, s.unclear(out)...)
}

// unclear tells of components that run several times, where it is not known which is the node's.
func (s *search) unclear(found []Process) []observe.Unknown {
	if s.network != "" {
		return nil
	}
	var out []observe.Unknown
	for _, component := range components() {
		several := 0
		for _, p := range found {
			if p.Component == component {
				several++
			}
		}
		if several > 1 {
			out = append(out, unknown(component, s.proc+s.at(1, "ns/net"),
				"it runs "+strconv.Itoa(several)+" times, and which one is the node's cannot be told: the namespaces of process 1 cannot be read", "run hardstrap as root"))
		}
	}
	return out
}

func open(proc string) ([]int, observe.Tree, error) {
	dir, err := os.Open(proc)
	if err != nil {
		return nil, nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	var numbers []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			numbers = append(numbers, pid)
		}
	}
	slices.Sort(numbers)
	tree, err := observe.Dir(proc)
	return numbers, tree, err
}

// search is one pass through /proc.
type search struct {
	tree    observe.Tree
	proc    string
	network string         // the network namespace of process 1; "" where it cannot be read
	exes    map[int]string // of the components found so far
	boot    time.Time
	bootErr error
	unknown []observe.Unknown
}

func (s *search) at(pid int, name string) string { return "/" + strconv.Itoa(pid) + "/" + name }

// link returns where a link of /proc points, or "".
func (s *search) link(pid int, name string) string {
	info, err := s.tree.Lstat(s.at(pid, name))
	if err != nil {
		return ""
	}
	return info.Target
}

// look describes a process; ok is false where it is no component of the node.
func (s *search) look(pid int) (p Process, ok bool) {
	exe := s.link(pid, "exe")
	data, err := s.tree.ReadFile(s.at(pid, "cmdline"))
	args := split(data)
	if exe == "" && len(args) > 0 {
		exe = args[0] // only the process's own user and root may read the link
	}
	// The kernel says so of a file that was removed or replaced (Linux, fs/d_path.c).
	exe, replaced := strings.CutSuffix(exe, " (deleted)")
	component := path.Base(exe)
	if !slices.Contains(components(), component) {
		return Process{}, false
	}
	stat, statErr := s.stat(pid)
	if errors.Is(statErr, fs.ErrNotExist) || errors.Is(statErr, syscall.ESRCH) || stat.state == "Z" || stat.state == "X" {
		return Process{}, false
	}
	if network := s.link(pid, "ns/net"); s.network != "" && network != "" && network != s.network {
		return Process{}, false
	}
	if s.exes[stat.parent] == exe {
		return Process{}, false
	}
	if err != nil || len(args) == 0 {
		why := "its command line is empty"
		if err != nil {
			why = "its command line cannot be read: " + reason(err)
		}
		s.miss(component, pid, "cmdline", why)
		return Process{}, false
	}
	s.exes[pid] = exe
	p = Process{PID: pid, Component: component, Exe: exe, Replaced: replaced, Args: Hide(args)}
	if err := errors.Join(statErr, s.bootErr); err != nil {
		s.miss(component, pid, "stat", "when it started cannot be read: "+reason(err))
	} else {
		p.Started = s.boot.Add(stat.start)
	}
	environ, err := s.tree.ReadFile(s.at(pid, "environ"))
	if err != nil {
		s.miss(component, pid, "environ", "its environment cannot be read: "+reason(err))
	}
	p.Env = environment(component, split(environ))
	return p, true
}

// split takes words apart that each end with a zero byte.
func split(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}

func (s *search) miss(component string, pid int, name, why string) {
	s.unknown = append(s.unknown, unknown(component, s.proc+s.at(pid, name), "process "+strconv.Itoa(pid)+": "+why, "run hardstrap as root"))
}

func unknown(component, file, why, remedy string) observe.Unknown {
	return observe.Unknown{Source: settings.FromProcess, Component: component,
		Origin: settings.Origin{Source: settings.FromProcess, File: file}, Why: why, Remedy: remedy}
}

// reason returns an error's cause without the path, which the origin names.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
