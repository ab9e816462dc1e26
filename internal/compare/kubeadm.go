package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/catalog"
	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// kubeadm compares what kubeadm was told of the cluster, and what it made of it.
func (s *seen) kubeadm(accounts []*effective.Account) {
	for _, wanted := range s.w.Settings.Of(settings.Kubeadm, "") {
		for _, a := range accountsOf(accounts, "kubeadm-config") {
			s.told(wanted, a)
		}
	}
	for _, a := range accountsOf(accounts, "certificates") {
		s.certificates(a)
	}
}

// told compares one field of ClusterConfiguration.
func (s *seen) told(wanted settings.Setting, a *effective.Account) {
	k := wanted.Key
	if strings.HasPrefix(k.Path, "localAPIEndpoint.") || strings.HasPrefix(k.Path, "nodeRegistration.") {
		return // of a node, and not kept
	}
	have := a.Set.Value(k)
	s.covered[k] = true
	one := Sighting{Source: a.Source, Said: Said{have, placeOf(a)}}
	switch standard, known := effective.Default(s.w.Minor, k); {
	case have != nil:
		one.Said.Origin = have.Origin
	case known:
		have, one.Said = standard, Said{Value: standard, Origin: standard.Origin}
	}
	if !equal(wanted.Value, have) {
		one.Direction = s.judge(k, wanted.Value, have)
	}
	s.add(Finding{Key: k, Wanted: Said{wanted.Value, wanted.Value.Origin}, Found: []Sighting{one}, Opens: s.w.side(k.Component, "").why(k)})
}

// versions compares the version that each component runs with the profile's.
func (s *seen) versions(accounts []*effective.Account) {
	k := settings.Key{Component: settings.Kubeadm, Path: "kubernetesVersion"}
	wanted := s.w.Settings.Value(k)
	if wanted == nil {
		return
	}
	var found []Sighting
	for _, a := range accounts {
		v := a.Set.Value(settings.Key{Component: a.Component, Path: "version"})
		if v == nil {
			continue
		}
		one := Sighting{Source: a.Source, Said: Said{v, v.Origin}}
		if v.Text != wanted.Text {
			one.Direction = Different
			if d, ok := catalog.DirectionFor(s.w.Minor, k.Component, k.Path); ok {
				one.Direction = direction(d.Compare(wanted.Text, v.Text))
			}
		}
		found = append(found, one)
	}
	if len(found) == 0 {
		return
	}
	s.covered[k] = true
	s.add(Finding{Key: k, Wanted: Said{wanted, wanted.Origin}, Found: found, Opens: "faults that the wanted release has mended"})
}

// images compares where the images of a node's control plane are from: by the profile, or else with each other, for a
// site may have a registry of its own.
func (s *seen) images(accounts []*effective.Account) {
	k := settings.Key{Component: settings.Kubeadm, Path: "imageRepository"}
	wanted, says := s.w.Settings.Get(k)
	said := Said{wanted.Value, settings.Origin{}}
	if says {
		said.Origin = wanted.Value.Origin
	}
	var found []Sighting
	times := map[string]int{}
	for _, a := range accounts {
		v := a.Set.Value(settings.Key{Component: a.Component, Path: k.Path})
		if v == nil || !says && a.Component == settings.Etcd { // kubeadm takes etcd's from elsewhere where it is told to
			continue
		}
		found = append(found, Sighting{Source: a.Source, Said: Said{v, v.Origin}})
		if times[v.Text]++; !says && (said.Value == nil || times[v.Text] > times[said.Value.Text]) {
			said = Said{v, settings.Origin{Source: settings.FromDerived, Note: "of the others"}}
		}
	}
	if len(found) == 0 {
		return
	}
	for i, one := range found {
		if one.Said.Value.Text != said.Value.Text {
			found[i].Direction = Different
		}
	}
	if says {
		s.covered[k] = true
	} else if worst(found) == "" {
		return
	}
	s.add(Finding{Key: k, Wanted: said, Found: found, Opens: "another registry's program runs"})
}

// certificates compares the keys of certificates with the algorithm that kubeadm was told, looks whether they
// hold on the day, and whether etcd has a CA of its own.
func (s *seen) certificates(a *effective.Account) {
	algorithm := settings.Key{Component: settings.Kubeadm, Path: "encryptionAlgorithm"}
	wanted := s.w.Settings.Value(algorithm)
	if wanted == nil { // kubeadm v1.37.0, cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go
		wanted = settings.Of("RSA-2048").At(settings.Origin{Source: settings.FromDefault, Note: "of kubeadm"})
	}
	var all []Sighting
	files := map[string][]string{} // by algorithm, where it is another one
	for _, c := range a.Set.All() {
		file, ok := strings.CutPrefix(c.Key.Path, "certificate/")
		if !ok {
			continue
		}
		s.validity(c, file, a)
		s.authorities(c, file, a)
		have := c.Value.Get("algorithm")
		one := Sighting{Source: a.Source, Said: Said{have, c.Value.Origin}}
		if have.Text != wanted.Text {
			one.Direction = s.judge(algorithm, wanted, have)
		}
		if one.Direction != "" {
			files[have.Text] = append(files[have.Text], file)
		}
		all = append(all, one)
	}
	for _, found := range slices.Sorted(maps.Keys(files)) {
		s.otherAlgorithm(algorithm, found, files[found], wanted, a.Source)
	}
	s.ownCA(a)
	if _, says := s.w.Settings.Get(algorithm); says && len(all) > 0 {
		s.covered[algorithm] = true
		if len(files) == 0 {
			s.matches = append(s.matches, Match{Key: algorithm, Found: all, Nodes: s.nodes()})
		}
	}
}

// otherAlgorithm makes one finding of all certificates that have another algorithm.
func (s *seen) otherAlgorithm(k settings.Key, found string, files []string, wanted *settings.Value, source settings.Source) {
	part, message := files[0], ""
	if len(files) > 1 {
		part, message = layout.PKI, fmt.Sprintf("%d certificates: %s", len(files), strings.ReplaceAll(strings.Join(files, ", "), layout.PKI+"/", ""))
	}
	v := settings.Of(found)
	at := settings.Origin{Source: source, File: files[0]}
	s.findings = append(s.findings, Finding{
		Key: k, Part: part, Message: message, Direction: s.judge(k, wanted, v), Wanted: Said{wanted, wanted.Origin},
		Found: []Sighting{{Source: source, Said: Said{v, at}, Direction: s.judge(k, wanted, v)}},
		Opens: s.w.side(settings.Kubeadm, "").why(k),
	})
}

// validity looks whether a certificate holds on the day.
func (s *seen) validity(c settings.Setting, file string, a *effective.Account) {
	from, err1 := time.Parse(time.RFC3339, textOf(c.Value, "notBefore"))
	until, err2 := time.Parse(time.RFC3339, textOf(c.Value, "notAfter"))
	var message string
	switch {
	case err1 != nil || err2 != nil:
		return
	case s.w.At.After(until):
		message = "expired on " + until.Format(time.DateOnly)
	case s.w.At.Add(24 * time.Hour).Before(from):
		message = "does not hold before " + from.Format(time.DateOnly)
	default:
		return
	}
	s.findings = append(s.findings, Finding{
		Key: settings.Key{Component: settings.Kubeadm, Path: "certificate"}, Part: file, Direction: Different, Message: message,
		Wanted: Said{Value: settings.Of("holds on " + s.w.At.Format(time.DateOnly))},
		Found:  []Sighting{{Source: a.Source, Said: Said{c.Value.Get("notAfter"), c.Value.Origin}, Direction: Different}},
		Opens:  "nobody accepts it",
	})
}

// authorities looks for more than one authority in a file: kubeadm writes one, and each of them can vouch for whomever
// it likes. While a CA is rotated there are two for a time.
func (s *seen) authorities(c settings.Setting, file string, a *effective.Account) {
	others := len(items(c.Value.Get("others")))
	if textOf(c.Value, "ca") != "true" || others == 0 {
		return
	}
	s.findings = append(s.findings, Finding{
		Key: settings.Key{Component: settings.Kubeadm, Path: "certificate"}, Part: file, Direction: Different, Message: "has more than one authority",
		Wanted: Said{Value: settings.Of("one authority")},
		Found:  []Sighting{{Source: a.Source, Said: Said{settings.Of(fmt.Sprintf("%d authorities", others+1)), c.Value.Origin}, Direction: Different}},
		Opens:  "whoever has the key of any of them is believed",
		Remedy: []string{"keep the cluster's own authority alone, unless it is being rotated"},
	})
}

// ownCA looks whether etcd has a CA of its own: whoever has a certificate of the cluster's would else be let into
// etcd (CIS 1.12 2.7).
func (s *seen) ownCA(a *effective.Account) {
	cluster := a.Set.Value(settings.Key{Component: settings.Kubeadm, Path: "certificate/" + layout.ClusterCA})
	etcd := a.Set.Value(settings.Key{Component: settings.Kubeadm, Path: "certificate/" + layout.PKI + "/etcd/ca.crt"})
	if cluster == nil || etcd == nil {
		return
	}
	own := append(cluster.Get("others").Strings(), textOf(cluster, "sha256"))
	trusted := append(etcd.Get("others").Strings(), textOf(etcd, "sha256"))
	if !slices.ContainsFunc(trusted, func(digest string) bool { return slices.Contains(own, digest) }) {
		return
	}
	s.findings = append(s.findings, Finding{
		Key: settings.Flag(settings.Etcd, "trusted-ca-file"), Part: layout.PKI + "/etcd/ca.crt", Direction: Weaker,
		Message: "is the cluster's own CA", Wanted: Said{Value: settings.Of("a CA of etcd's own")},
		Found: []Sighting{{Source: a.Source, Said: Said{settings.Of(fmt.Sprintf("the same as %s", layout.ClusterCA)), etcd.Origin}, Direction: Weaker}},
		Opens: "every certificate of the cluster's CA opens etcd",
	})
}
