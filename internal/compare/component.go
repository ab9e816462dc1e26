package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/meaning"
	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// seen collects what is found on one subject.
type seen struct {
	w        *Wanted
	node     string
	findings []Finding
	matches  []Match
	covered  map[settings.Key]bool // settings that some account carries, or that are unknown
	list     unknowns
	keys     *settings.Value // the EncryptionConfiguration that was found
	keysFrom settings.Source
}

// component compares the accounts of one component with what is wanted of it.
func (s *seen) component(component, role string, accounts []*effective.Account) {
	w := s.w.side(component, role)
	done, all := s.otherForms(w, accounts), accounts
	for _, k := range keysOf(w, all) {
		accounts := elsewhere(done, all, k)
		switch {
		case k.Path == "version", k.Path == "imageRepository": // kubeadm's settings
		case k.Path == "isolation", strings.HasPrefix(k.Path, observe.EnvironmentPath):
			s.besides(k, accounts)
		case strings.HasPrefix(k.Path, "wire/"), strings.HasPrefix(k.Path, "anonymous/"):
			s.shown(w, k, accounts)
		case k.Path == "probes":
			s.probes(w, k, accounts)
		case k.Path == "extraVolumes":
			s.volumes(w, k, accounts)
		case isDocument(k):
			s.document(w, k, accounts)
		default:
			s.setting(w, k, accounts)
		}
	}
}

// keysOf returns every setting that is wanted or found, ordered by path.
func keysOf(w *want, accounts []*effective.Account) []settings.Key {
	keys := map[settings.Key]bool{}
	for _, set := range append([]*effective.Account{w.account}, accounts...) {
		for _, one := range set.Set.All() {
			if one.Key.Role == w.role { // what the cluster keeps for all kubelets has both
				keys[one.Key] = true
			}
		}
	}
	for _, name := range w.ownFlags() {
		keys[settings.Flag(w.component, name)] = true
	}
	out := make([]settings.Key, 0, len(keys))
	for k := range keys {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b settings.Key) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// isDocument reports whether a setting of the API server is a whole document.
func isDocument(k settings.Key) bool {
	if k.Component != settings.APIServer || strings.HasPrefix(k.Path, "--") {
		return false
	}
	_, known := layout.DocumentFor(k.Path)
	return known || strings.HasPrefix(k.Path, "kubeconfig/") || strings.HasPrefix(k.Path, "static/")
}

// carries reports whether an account says something of a setting, if only that it has its default. says tells
// that the profile says something of it.
func carries(a *effective.Account, k settings.Key, says bool) bool {
	if a.Set.Value(k) != nil {
		return true
	}
	switch {
	case slices.Contains([]string{"kubeadm-config", "kubelet-config"}, a.Account):
		// What kubeadm was told, and makes true at the next upgrade: what the profile says has to stand there.
		return says && strings.HasPrefix(k.Path, "--") == (a.Account == "kubeadm-config")
	case a.Partial:
		return false
	case strings.HasPrefix(k.Path, "--"):
		return !slices.Contains([]string{"configz", "kube-proxy ConfigMap"}, a.Account)
	case k.Component == settings.Kubelet:
		return a.Account != "mirror pod"
	case k.Component == settings.KubeProxy:
		return true
	}
	return a.Account == "manifest"
}

// sighting returns what an account shows of a setting.
func sighting(w *want, a *effective.Account, k settings.Key) Sighting {
	out := Sighting{Source: a.Source}
	if v := a.Set.Value(k); v != nil && v.Kind != settings.Null {
		out.Said = Said{Value: v, Origin: v.Origin}
		return out
	}
	out.Said = defaultOf(w, k)
	if a.Account == "kubeadm-config" { // what is not said there, kubeadm says
		if v := w.byKubeadm(k); v != nil {
			out.Said = Said{Value: v, Origin: v.Origin}
		}
	}
	if out.Said.Origin.Note == "" && len(a.Places) > 0 {
		out.Said.Origin.Note = "not set in " + a.Places[len(a.Places)-1]
	}
	return out
}

// setting compares one flag or field.
func (s *seen) setting(w *want, k settings.Key, accounts []*effective.Account) {
	wanted := w.said(k)
	own, isSite := w.siteOf(k)
	var found []Sighting
	for _, a := range accounts {
		// What is a node's own does not stand in what kubeadm keeps for all of them.
		ofAll := a.Account == "kubelet-config" && (isSite || s.patched(k)) || a.Account == "kubeadm-config" && isSite && a.Set.Value(k) == nil
		read := k.Path == "--config" && k.Component != settings.Scheduler && a.Set.Value(k) == nil // its fields are there
		if !carries(a, k, w.says(k)) || ofAll || read || s.list.hides(a, k) {
			continue
		}
		if idle(a, k) {
			s.covered[k] = true
			continue
		}
		one := sighting(w, a, k)
		one.Said.Value = whole(w, a, k, wanted.Value, one.Said.Value)
		switch {
		case isSite:
			one.Direction = own.judge(one.Said.Value)
		case a.Source == settings.FromWire:
			one.Direction = s.judge(k, onTheWire(w, a, k, wanted.Value), one.Said.Value)
		case wanted.Origin.Source == settings.FromKubeadm && equal(onLoopback(wanted.Value), onLoopback(one.Said.Value)):
		default:
			one.Direction = s.judge(k, wanted.Value, one.Said.Value)
		}
		if one.Direction == "" && unread(k, wanted.Value, a, accounts) {
			one.Direction = Different
		}
		found = append(found, one)
	}
	if len(found) == 0 {
		return
	}
	s.covered[k] = true
	if isSite {
		disagree(found)
		if wanted.Value == nil {
			wanted.Origin = settings.Origin{Source: settings.FromKubeadm, Note: "the node's own"}
		}
	}
	s.add(Finding{Key: k, Wanted: wanted, Found: found, Opens: w.why(k)})
}

// unread reports whether a flag names another document than the wanted one, which no account has read: a process or the API
// shows the name alone.
func unread(k settings.Key, wanted *settings.Value, a *effective.Account, accounts []*effective.Account) bool {
	kind, names := documentOfFlag(k)
	file := a.Set.Value(k)
	if !names || empty(file) || equal(wanted, file) {
		return false
	}
	return !slices.ContainsFunc(accounts, func(other *effective.Account) bool {
		return equal(other.Set.Value(k), file) && (other == a && a.Account == "manifest" || other.Set.Value(settings.Key{Component: k.Component, Path: kind}) != nil)
	})
}

// whole adds what is wanted to what a process shows of a map that its flag and its file say together.
func whole(w *want, a *effective.Account, k settings.Key, wanted, found *settings.Value) *settings.Value {
	flag, ok := w.Minor.FlagOfField(k.Component, k.Path)
	if !a.Partial || !ok || wanted == nil || found == nil || wanted.Kind != settings.Map || found.Kind != settings.Map {
		return found
	}
	if of, _ := w.Minor.FlagField(k.Component, flag); of.Precedence != catalog.Merged {
		return found
	}
	out := wanted.Clone()
	out.Origin = found.Origin
	for _, e := range found.Entries {
		out.Put(e.Key, e.Value)
	}
	return out
}

// besides tells of what a component is given that neither a profile nor kubeadm gives it: more of the node than its pod
// should have, or a variable that changes what it does.
func (s *seen) besides(k settings.Key, accounts []*effective.Account) {
	f := Finding{Key: k, Wanted: Said{Origin: settings.Origin{Source: settings.FromKubeadm}}, Opens: "it changes what the component does, whatever its flags say"}
	d := Different
	if k.Path == "isolation" {
		d, f.Opens = Weaker, "whoever takes the component over has more of the node"
	}
	for _, a := range accounts {
		if v := a.Set.Value(k); v != nil {
			f.Found = append(f.Found, Sighting{Source: a.Source, Said: Said{v, v.Origin}, Direction: d})
		}
	}
	s.add(f)
}

// probes compares how the kubelet asks whether the API server lives: kubeadm's probes send a request without
// credentials, and those that open a connection alone do where nobody without them is answered.
func (s *seen) probes(w *want, k settings.Key, accounts []*effective.Account) {
	wanted := Said{settings.Of("httpGet"), settings.Origin{Source: settings.FromKubeadm}}
	if v := w.account.Set.Value(k); v != nil {
		wanted = Said{v, v.Origin}
	}
	for _, a := range accounts {
		v := a.Set.Value(k)
		if v == nil {
			continue
		}
		s.covered[k] = true
		one := Sighting{Source: a.Source, Said: Said{v, v.Origin}}
		if v.Text != wanted.Value.Text {
			one.Direction = Different
		}
		s.add(Finding{Key: k, Wanted: wanted, Found: []Sighting{one}, Opens: "the kubelet restarts an API server that is well, or leaves one that is not"})
	}
}

// idle reports whether a flag does nothing in an account, because the flag that gives it an object is not set: that one's
// finding says all (k8s.io/apiserver v0.37.0, pkg/server/options/audit.go, ApplyTo; etcd.go).
func idle(a *effective.Account, k settings.Key) bool {
	for prefix, base := range map[string]string{
		"--audit-log-": "--audit-log-path", "--audit-webhook-": "--audit-webhook-config-file",
		"--encryption-provider-config-": "--encryption-provider-config",
	} {
		if k.Component == settings.APIServer && strings.HasPrefix(k.Path, prefix) && k.Path != base && !a.Partial {
			return empty(a.Set.Value(settings.Flag(k.Component, strings.TrimPrefix(base, "--"))))
		}
	}
	return false
}

// disagree marks values that are all a site's own, and not the same: the first is the nearest to what runs.
func disagree(found []Sighting) {
	for i := range found[1:] {
		if found[i+1].Direction == "" && found[0].Direction == "" && !equal(found[0].Said.Value, found[i+1].Said.Value) {
			found[i+1].Direction = Different
		}
	}
}

// patched reports whether a field differs between the roles: then it stands in patches, and not in the
// ConfigMap that is the same for all.
func (s *seen) patched(k settings.Key) bool {
	other := k
	other.Role = settings.ControlPlane
	if k.Role == settings.ControlPlane {
		other.Role = settings.Worker
	}
	a, _ := s.w.Settings.Get(k)
	b, _ := s.w.Settings.Get(other)
	return !settings.Equal(a.Value, b.Value)
}

// judge tells what a value is, seen from the one that is wanted.
func (s *seen) judge(k settings.Key, wanted, found *settings.Value) Direction {
	wanted, found = s.meant(k, wanted), s.meant(k, found)
	if equal(wanted, found) {
		return ""
	}
	if _, names := documentOfFlag(k); names && !empty(wanted) && !empty(found) {
		return "" // another file, whose content is compared
	}
	if inPlain(found) && !inPlain(wanted) && !empty(wanted) && strings.Contains(joined(wanted), "https://") {
		return Weaker // what went over TLS goes in plain text
	}
	d, known := catalog.DirectionFor(s.w.Minor, k.Component, k.Path)
	if !known {
		return Different
	}
	return direction(d.Compare(plain(wanted), plain(found)))
}

// meant leaves out of a value what has no effect: admission plugins that are on anyway, gates at their default, and the
// certificate that a kubelet makes where it has none.
func (s *seen) meant(k settings.Key, v *settings.Value) *settings.Value {
	if v == nil {
		return nil
	}
	switch {
	case k.Component == settings.Kubelet && slices.Contains(selfSigned(), v.Text):
		return nil
	case k.Component == settings.APIServer && k.Path == "--enable-admission-plugins" && v.Kind == settings.List:
		on := s.w.Minor.DefaultAdmissionPlugins()
		out := *v
		out.Items = slices.DeleteFunc(slices.Clone(v.Items), func(i *settings.Value) bool { return slices.Contains(on, i.Text) })
		return &out
	case (k.Path == "--feature-gates" || k.Path == "featureGates") && v.Kind == settings.Map && k.Component != settings.Etcd:
		out := *v
		out.Entries = slices.DeleteFunc(slices.Clone(v.Entries), func(e settings.Entry) bool {
			g, ok := s.w.Minor.FeatureGate(e.Key)
			return ok && e.Value.Text == map[bool]string{true: "true", false: "false"}[g.DefaultFor(k.Component)]
		})
		return &out
	}
	return v
}

// selfSigned are the files that a kubelet without a certificate makes, and names in its configz
// (k8s.io/kubernetes v1.37.0, cmd/kubelet/app/server.go, InitializeTLS, below kubeadm's root directory of the kubelet).
func selfSigned() []string {
	return []string{"/var/lib/kubelet/pki/kubelet.crt", "/var/lib/kubelet/pki/kubelet.key"}
}

// why says what is at stake with a setting.
func (w *want) why(k settings.Key) string {
	d, ok := catalog.DirectionFor(w.Minor, k.Component, k.Path)
	if !ok {
		return "nobody has said yet which value is weaker"
	}
	return d.Why
}

func direction(r catalog.Relation) Direction {
	switch r {
	case catalog.Weaker:
		return Weaker
	case catalog.Stronger:
		return Stronger
	case catalog.Different:
		return Different
	}
	return ""
}

// empty reports whether a value says nothing: none, an empty text, list or map.
func empty(v *settings.Value) bool {
	return v == nil || v.Kind == settings.Null || v.Text == "" && len(v.Items) == 0 && len(v.Entries) == 0
}

// equal reports whether two values are the same; one that says nothing is like none.
func equal(a, b *settings.Value) bool {
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	return settings.Equal(a, b)
}

func plain(v *settings.Value) any {
	if empty(v) {
		return nil
	}
	if v.IsScalar() {
		return v.Text
	}
	return v.Plain()
}

// documentOfFlag returns the document that a flag of the API server names.
func documentOfFlag(k settings.Key) (string, bool) {
	for _, d := range layout.Documents() {
		if k.Component == settings.APIServer && d.Flag != "" && k.Path == "--"+d.Flag {
			return d.Path, true
		}
	}
	return "", false
}

// document compares what a document does. Where the flag that names it is not set, the flag's finding says all.
func (s *seen) document(w *want, k settings.Key, accounts []*effective.Account) {
	wanted, _ := w.account.Set.Get(k)
	named, _ := layout.DocumentFor(k.Path)
	if wanted.Value == nil && named.Flag != "" {
		for _, a := range accounts {
			if a.Set.Value(k) != nil {
				s.covered[k] = true // an additional one: its flag is compared
			}
		}
		return
	}
	for _, a := range accounts {
		have := a.Set.Value(k)
		if have == nil && (a.Account != "manifest" || s.unset(w, a, k)) || s.list.hides(a, k) {
			continue
		}
		s.covered[k] = true
		want := wanted.Value
		if k.Path == encryption && have != nil {
			s.keys, s.keysFrom = have, a.Source
		}
		if k.Path == encryption && s.w.Keyless {
			want, have = withoutKeys(want), withoutKeys(have)
		}
		if k.Path == "AdmissionConfiguration" {
			want, have = withoutPlaces(want), withoutPlaces(have)
		}
		s.deltas(k, documentKind(k.Path), want, have, a.Source, placeOf(a))
	}
}

// unset reports whether the account has no document because the flag that would name it, or the document that
// would, is not there: that is a finding of its own.
func (s *seen) unset(w *want, a *effective.Account, k settings.Key) bool {
	d, known := layout.DocumentFor(k.Path)
	switch {
	case !known: // a kubeconfig or static policies, below a document's directory
		return false
	case d.Flag == "":
		return a.Set.Value(settings.Key{Component: k.Component, Path: "AdmissionConfiguration"}) == nil
	}
	return a.Set.Value(settings.Flag(k.Component, d.Flag)) == nil || w.account.Set.Value(k) == nil
}

func placeOf(a *effective.Account) settings.Origin {
	o := settings.Origin{Source: a.Source}
	if len(a.Places) > 0 {
		o.File = a.Places[len(a.Places)-1]
	}
	return o
}

// documentKind is the kind by which meaning knows a document.
func documentKind(path string) string {
	kind, _, _ := strings.Cut(path, "/")
	return kind
}

// deltas adds what differs in meaning between two documents or objects.
func (s *seen) deltas(k settings.Key, kind string, wanted, have *settings.Value, source settings.Source, place settings.Origin) {
	found := Sighting{Source: source, Said: Said{Value: have, Origin: place}}
	if have != nil {
		found.Said.Origin = have.Origin
	}
	side := Said{Value: wanted}
	if wanted != nil {
		side.Origin = wanted.Origin
	}
	deltas := meaning.Compare(kind, wanted, have, s.w.Minor.Name)
	if len(deltas) == 0 {
		s.add(Finding{Key: k, Wanted: side, Found: []Sighting{found}})
		return
	}
	for _, d := range deltas {
		one := found
		one.Direction = direction(d.Relation)
		one.Said = Said{Value: settings.Of(d.Have), Origin: found.Said.Origin}
		if d.At != (settings.Origin{}) {
			one.Said.Origin = d.At
		}
		s.findings = append(s.findings, Finding{
			Key: k, Part: d.Part, Direction: one.Direction, Opens: d.Opens,
			Wanted: Said{Value: settings.Of(d.Want), Origin: side.Origin}, Found: []Sighting{one},
		})
	}
}

// add notes a finding, or a match where nothing differs.
func (s *seen) add(f Finding) {
	f.Direction = worst(f.Found)
	if f.Direction == "" {
		s.matches = append(s.matches, Match{Key: f.Key, Found: f.Found, Nodes: s.nodes()})
		return
	}
	s.findings = append(s.findings, f)
}

func (s *seen) nodes() []string {
	if s.node == "" {
		return nil
	}
	return []string{s.node}
}

// worst returns the direction that matters most, or "" where all is as wanted.
func worst(found []Sighting) Direction {
	for _, d := range Directions() {
		if slices.ContainsFunc(found, func(s Sighting) bool { return s.Direction == d }) {
			return d
		}
	}
	return ""
}

// withoutKeys returns an EncryptionConfiguration with one nameless key for each provider that has keys.
func withoutKeys(v *settings.Value) *settings.Value {
	if v == nil {
		return nil
	}
	out := v.Clone()
	for _, resource := range items(out.Get("resources")) {
		for _, provider := range items(resource.Get("providers")) {
			for _, e := range provider.Entries {
				keys := e.Value.Get("keys")
				if keys == nil || len(keys.Items) == 0 {
					continue
				}
				keys.Items = keys.Items[:1]
				keys.Items[0] = settings.Of(map[string]string{"name": "", "secret": settings.Redacted}).At(keys.Items[0].Origin)
			}
		}
	}
	return out
}
