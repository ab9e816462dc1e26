package observe

import (
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// Observation is what the sources show of one subject: a node, or the cluster's objects.
type Observation struct {
	Subject string // the node's name; "" for the cluster
	Role    string // control-plane, worker or etcd; "" for the cluster
	Version string // of Kubernetes, 1.37.0, where a source shows it
	Layers  []Layer
	Unknown []Unknown
	Newer   []Newer
}

// Newer is a file that changed after the process that reads it at its start had started: what it says does
// not hold yet.
type Newer struct {
	Component string
	Role      string // as in keys
	Process   string // "process 1234"
	File      string
	Changed   time.Time
	Started   time.Time
	Content   bool // the content changed; otherwise its name, mode or owner, or nobody can tell
}

// Layer is what one place of one source says of one component. Layers of one view are merged by
// rank: of two that say something of a setting, the higher one holds.
type Layer struct {
	View
	Rank     Rank
	Place    string // where: a file, "process 1234", "ConfigMap kube-system/kubelet-config"
	Settings []settings.Setting
}

// View is one account of a component: what it runs with according to one source. Views of the same
// component should agree.
type View struct {
	Source    settings.Source
	Component string // one of the components, or settings.Host, settings.Kubeadm, settings.Cluster
	// Account tells accounts of one source apart, as in manifest, configz, kubelet-config.
	Account string
	// Partial tells that what the view does not say is not known to have its default: a handshake shows some
	// settings of a component and says nothing of the others.
	Partial bool
}

// Rank orders the layers of a view, the strongest last.
type Rank int

// Ranks. Several drop-ins have DropIn, DropIn+1 ... in the order they are read.
const (
	ConfigFile Rank = 10
	DropIn     Rank = 20
	Flags      Rank = 1000
)

// Unknown is something that a source should have shown and could not.
type Unknown struct {
	Source    settings.Source
	Component string   // whose settings it would have shown
	Account   string   // of the view; "" for all views of the source
	Paths     []string // of these settings; none: of all that the source would have shown of the component
	Origin    settings.Origin
	Why       string // lower case, no full stop, never a secret
	Remedy    string // what to do about it; may be ""
}
