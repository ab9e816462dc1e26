package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/effective"
	"github.com/hardstrap/hardstrap/internal/observe/wire"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// onTheWire returns what a handshake can show of a wanted value. Of suites these are the ones that go with the server's
// certificate, and none at all where nothing older than TLS 1.3 is spoken; of key exchanges, which have an order in a
// list and none in a handshake, all of them.
func onTheWire(w *want, a *effective.Account, k settings.Key, wanted *settings.Value) *settings.Value {
	name := strings.TrimPrefix(k.Path, "--")
	switch {
	case !slices.Contains([]string{"tls-cipher-suites", "tlsCipherSuites", "cipher-suites"}, name):
		return wanted
	case wanted == nil || wanted.Kind != settings.List:
		return wanted
	}
	testable := a.Set.Value(settings.Key{Component: k.Component, Role: k.Role, Path: "wire/testable-suites"}).Strings()
	var out []string
	for _, suite := range wanted.Strings() {
		if strings.HasSuffix(suite, "_CHACHA20_POLY1305") { // the older of two names of one suite
			suite += "_SHA256"
		}
		if slices.Contains(testable, suite) {
			out = append(out, suite)
		}
	}
	slices.Sort(out)
	return settings.Of(slices.Compact(out)).At(wanted.Origin)
}

// shown compares what only the wire shows: answers to who has no credentials, and the certificate that is served.
func (s *seen) shown(w *want, k settings.Key, accounts []*effective.Account) {
	for _, a := range accounts {
		v := a.Set.Value(k)
		if v == nil {
			continue
		}
		if path, ok := strings.CutPrefix(k.Path, "anonymous/GET "); ok {
			s.answer(w, k, path, v, a)
		}
		if k.Path == "wire/certificate/not-after" {
			s.served(k, v, a)
		}
	}
}

// answer compares the answer to a request without credentials with what the profile's settings imply.
func (s *seen) answer(w *want, k settings.Key, path string, v *settings.Value, a *effective.Account) {
	expected, ok := wire.Expect(&w.account.Set, k.Component, k.Role, path)
	if !ok {
		return
	}
	one := Sighting{Source: a.Source, Said: Said{v, v.Origin}}
	order := []string{wire.Allowed, wire.Forbidden, wire.Denied}
	switch got, want := slices.Index(order, v.Text), slices.Index(order, expected); {
	case got < want:
		one.Direction = Weaker
	case got > want:
		one.Direction = Stronger
	}
	s.add(Finding{
		Key: k, Wanted: Said{settings.Of(expected), settings.Origin{Source: settings.FromDerived, Note: "of the profile's settings"}},
		Found: []Sighting{one}, Opens: "requests without credentials get further than the profile lets them",
	})
}

// served looks whether the certificate that a port serves holds on the day.
func (s *seen) served(k settings.Key, v *settings.Value, a *effective.Account) {
	until, err := time.Parse(time.RFC3339, v.Text)
	if err != nil || !s.w.At.After(until) {
		return
	}
	s.findings = append(s.findings, Finding{
		Key: settings.Key{Component: k.Component, Role: k.Role, Path: "wire/certificate"}, Direction: Different,
		Message: "expired on " + until.Format(time.DateOnly), Wanted: Said{Value: settings.Of("holds on " + s.w.At.Format(time.DateOnly))},
		Found: []Sighting{{Source: a.Source, Said: Said{v, v.Origin}, Direction: Different}}, Opens: "nobody accepts it",
	})
}
