package live

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Sources says what is looked at.
type Sources struct {
	Roots   []string // of nodes; "/" is the machine itself, with its processes
	Role    string   // of these nodes; "" lets their files tell
	Modes   []string // patterns of files whose modes and owners count
	Sysctls []string // kernel parameters that count
	Now     time.Time
}

// RootError says that a root cannot be looked at.
type RootError struct {
	Root string
	Err  error
}

// Error names the root and what is the matter.
func (e *RootError) Error() string { return fmt.Sprintf("%s: %v", e.Root, e.Err) }

// Unwrap returns the cause.
func (e *RootError) Unwrap() error { return e.Err }

// Look looks at every source. What single ones cannot show is unknown in their observations; the error
// is of sources that show nothing at all, as many of them as there are.
func Look(s Sources) ([]observe.Observation, error) {
	var (
		out    []observe.Observation
		faults []error
	)
	for _, root := range s.Roots {
		o, err := s.root(root)
		if err != nil {
			faults = append(faults, &RootError{root, cause(err)})
			continue
		}
		out = append(out, o)
	}
	return out, errors.Join(faults...)
}

// root looks at the files below a root and, of the machine itself, at what runs.
func (s Sources) root(root string) (observe.Observation, error) {
	tree, err := observe.Dir(root)
	if err != nil {
		return observe.Observation{}, err
	}
	sysctls := s.Sysctls
	if root != "/" {
		sysctls = nil
	}
	o, err := observe.Node(tree, observe.NodeOptions{Role: s.Role, Modes: s.Modes, Sysctls: sysctls})
	if err != nil {
		return o, err
	}
	if o.Subject == "" {
		o.Subject = subject(root)
	}
	if root == "/" {
		s.processes(&o, tree)
	}
	return o, nil
}

// subject names a node whose files do not.
func subject(root string) string {
	if root == "/" {
		if name, err := os.Hostname(); err == nil {
			return name
		}
	}
	return root
}

// processes adds what runs on the machine.
func (s Sources) processes(o *observe.Observation, tree observe.Tree) {
	found, unknown := process.Find("/proc")
	o.Layers = append(o.Layers, process.Layers(found, o.Role)...)
	o.Unknown = append(o.Unknown, unknown...)
	o.Unknown = append(o.Unknown, process.Missing(found, o.Role)...)
	newer, unknown := process.Stale(found, tree, s.Now)
	o.Unknown = append(o.Unknown, unknown...)
	for _, n := range newer {
		role := ""
		if n.Process.Component == settings.Kubelet {
			role = o.Role
		}
		o.Newer = append(o.Newer, observe.Newer{
			Component: n.Process.Component, Role: role, Process: fmt.Sprintf("process %d", n.Process.PID), File: n.Path,
			Changed: n.At, Started: n.Process.Started, Content: n.Content,
		})
	}
}

// cause leaves the path out of an error that names it twice.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
