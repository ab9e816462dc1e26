package catalog

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed flagfields.tsv
var flagFieldsTable string

// Precedence says what holds where a flag is given and the component's configuration file has the flag's field too. Where
// there is no such file, the flag holds, whatever the word.
type Precedence string

// The words of precedence.
const (
	// FlagWins: every flag of the kubelet but three (cmd/kubelet/app/server.go, kubeletConfigFlagPrecedence: the command
	// line is parsed once more, over the loaded file and its drop-ins); a list or a map is replaced as a whole,
	// register-with-taints too. kube-scheduler's leader-elect flags, kube-proxy's hostname-override and log flags.
	FlagWins Precedence = "flag"
	// FileWins: the flag is not looked at. All other flags of kube-proxy (cmd/kube-proxy/app/options.go, Complete) and of
	// kube-scheduler (cmd/kube-scheduler/app/options/options.go, ApplyTo), even where the file does not have the field.
	FileWins Precedence = "file"
	// Merged: both hold, and the flag wins element by element. The kubelet's feature-gates (kubeletConfigFlagPrecedence);
	// vmodule, whose items are strung together.
	Merged Precedence = "merged"
	// EitherTrue: true in one of both is true. The kubelet's seccomp-default (cmd/kubelet/app/server.go, RunKubelet), so
	// that --seccomp-default=false takes nothing from the file.
	EitherTrue Precedence = "either"
)

// FlagField is a flag and the field that it sets.
type FlagField struct {
	Component  string
	Flag       string // without dashes
	Field      string // as Field takes it
	Precedence Precedence
	// Note says what else is to be known of it, empty for most.
	Note string

	since, until string
}

// flagFields are the rows of the table by component and by flag or field.
type flagFields struct {
	byFlag, byField map[[2]string][]FlagField
}

//nolint:gochecknoglobals // decoded once: the embedded facts cannot change
var flagFieldRows = sync.OnceValue(func() flagFields {
	out := flagFields{byFlag: map[[2]string][]FlagField{}, byField: map[[2]string][]FlagField{}}
	for line := range strings.Lines(flagFieldsTable) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 7 {
			continue
		}
		f := FlagField{
			Component: cells[0], Flag: cells[1], Field: cells[2], Precedence: Precedence(cells[3]),
			since: cells[4], until: cells[5], Note: cells[6],
		}
		flag, field := [2]string{f.Component, f.Flag}, [2]string{f.Component, f.Field}
		out.byFlag[flag] = append(out.byFlag[flag], f)
		out.byField[field] = append(out.byField[field], f)
	}
	return out
})

// FieldOfFlag returns the field of the component's configuration file that a flag, given without dashes, sets:
// authentication.anonymous.enabled for the kubelet's anonymous-auth. It is a field of KubeletConfiguration,
// KubeProxyConfiguration or KubeSchedulerConfiguration. ok is false for a flag that has none, and for one that the minor
// does not have. FlagField says besides which of both wins.
//
// The table is flagfields.tsv, whose heading has the sources; it is the same from 1.33 to 1.37.
func (m *Minor) FieldOfFlag(component, flag string) (field string, ok bool) {
	f, ok := m.FlagField(component, flag)
	return f.Field, ok
}

// FlagField returns a flag that sets a field, and what wins where the file has the field too.
func (m *Minor) FlagField(component, flag string) (FlagField, bool) {
	return m.only(flagFieldRows().byFlag[[2]string{component, flag}])
}

// FlagOfField returns the flag, without dashes, that sets a field.
func (m *Minor) FlagOfField(component, field string) (flag string, ok bool) {
	f, ok := m.only(flagFieldRows().byField[[2]string{component, field}])
	return f.Flag, ok
}

// only returns the one row that holds for the minor.
func (m *Minor) only(rows []FlagField) (FlagField, bool) {
	for _, f := range rows {
		if compareMinors(f.since, m.Name) <= 0 && (f.until == "" || compareMinors(m.Name, f.until) <= 0) {
			return f, true
		}
	}
	return FlagField{}, false
}
