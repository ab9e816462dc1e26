package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/observe/cluster"
	"github.com/hardstrap/hardstrap/internal/observe/process"
	"github.com/hardstrap/hardstrap/internal/observe/wire"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/internal/snapshot"
)

// Sources says what is looked at.
type Sources struct {
	Roots     []string         // of nodes; "/" is the machine itself, with its processes
	Snapshots []string         // files
	Cluster   *cluster.Options // nil: no API is asked
	Probes    []wire.Endpoint
	Role      string   // of the nodes of roots and snapshots; "" lets their files tell
	Modes     []string // patterns of files whose modes and owners count
	Sysctls   []string // kernel parameters that count
	Now       time.Time
	Progress  func(what string, done, total int) // may be nil
}

// Error says that a source shows nothing at all.
type Error struct {
	Source string
	Err    error
}

// Error names the source and what is the matter.
func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Source, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Look looks at every source and hands each subject over, as soon as all is known of it: of a thousand snapshots only one
// is in memory at a time, where no other source may show the same nodes. What single sources cannot show is unknown
// in their observations; the error is of sources that show nothing at all, as many of them as there are.
func Look(ctx context.Context, s Sources, take func(observe.Observation)) error {
	var (
		held   []observe.Observation
		faults []error
	)
	named := names{}
	alone := len(s.Roots)+len(s.Probes) == 0 && s.Cluster == nil
	note := func(source string, err error) {
		if err != nil {
			faults = append(faults, &Error{source, cause(err)})
		}
	}
	for _, root := range s.Roots {
		o, err := s.root(root)
		if err == nil {
			o.Subject = named.only(o.Subject, root)
			held = append(held, o)
		}
		note(root, err)
	}
	for i, file := range s.Snapshots {
		o, err := s.snapshot(file)
		if err == nil {
			o.Subject = named.only(o.Subject, file)
		}
		switch {
		case err == nil && alone:
			take(o)
		case err == nil:
			held = append(held, o)
		}
		note(file, err)
		s.progress("snapshots", i+1, len(s.Snapshots))
	}
	if s.Cluster != nil {
		options := *s.Cluster
		options.Progress = func(done, total int) { s.progress("kubelets", done, total) }
		found, err := cluster.Observe(ctx, options)
		held = append(held, found...)
		if err != nil {
			faults = append(faults, err) // it names the kubeconfig
		}
	}
	if len(s.Probes) > 0 {
		held = append(held, wire.Probe(ctx, s.Probes, wire.Options{Progress: func(done, total int) { s.progress("endpoints", done, total) }})...)
	}
	for _, o := range observe.Merge(held) {
		take(o)
	}
	return errors.Join(faults...)
}

// names are the subjects of roots and snapshots: two of one name are two nodes, or one at two times, and never one.
type names map[string]bool

// only returns a name that no other has: with its source where another has it already.
func (n names) only(subject, source string) string {
	if n[subject] {
		subject += " (" + source + ")"
	}
	n[subject] = true
	return subject
}

func (s Sources) progress(what string, done, total int) {
	if s.Progress != nil {
		s.Progress(what, done, total)
	}
}

// root looks at the files below a root and, of the machine itself, at what runs.
func (s Sources) root(root string) (observe.Observation, error) {
	tree, err := observe.Dir(root)
	if err != nil {
		return observe.Observation{}, err
	}
	running := root == "/"
	o, err := s.node(tree, running)
	if err != nil {
		return o, err
	}
	o.Subject = cmp.Or(o.Subject, hostname(running), root)
	if running {
		found, unknown := process.Find("/proc")
		o.Unknown = append(o.Unknown, unknown...)
		runs(&o, tree, found, s.Now)
	}
	return o, nil
}

// node looks at the files of a node. The kernel's values count where it is the node's own.
func (s Sources) node(tree observe.Tree, kernel bool) (observe.Observation, error) {
	options := observe.NodeOptions{Role: s.Role, Modes: s.Modes}
	if kernel {
		options.Sysctls = s.Sysctls
	}
	return observe.Node(tree, options)
}

// snapshot looks at what was taken of a node.
func (s Sources) snapshot(file string) (observe.Observation, error) {
	f, err := os.Open(file)
	if err != nil {
		return observe.Observation{}, err
	}
	defer f.Close()
	taken, err := snapshot.Open(f)
	if err != nil {
		return observe.Observation{}, err
	}
	// The kernel's values are taken where there is one: then components should run, too.
	kernel, err := taken.Glob("/proc/sys/kernel/*")
	running := err == nil && len(kernel) > 0 || len(taken.Processes) > 0
	o, err := s.node(taken, running)
	if err != nil {
		return o, err
	}
	o.Subject = cmp.Or(o.Subject, taken.Host, file)
	o.Unknown = append(o.Unknown, taken.Unknown...)
	if running {
		runs(&o, taken, taken.Processes, taken.Taken)
	}
	return o, nil
}

// hostname is the machine's own name.
func hostname(running bool) string {
	if !running {
		return ""
	}
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// runs adds the processes of a node, and which of their files are newer.
func runs(o *observe.Observation, tree observe.Tree, found []process.Process, now time.Time) {
	o.Layers = append(o.Layers, process.Layers(found, o.Role)...)
	o.Unknown = append(o.Unknown, process.Missing(found, o.Role)...)
	newer, unknown := process.Stale(found, tree, now)
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
