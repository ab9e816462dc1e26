package wire

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// words are the paths of a component's settings for TLS; "" where it has none.
type words struct{ lowest, highest, suites, groups string }

// wordsOf follows kubernetes v1.37.0 (apiserver pkg/server/options/serving.go; kubelet
// config/v1beta1/types.go) and etcd v3.7.3 (embed/config.go).
func wordsOf(component string) words {
	switch component {
	case settings.Kubelet:
		return words{lowest: "tlsMinVersion", suites: "tlsCipherSuites", groups: "tlsCurvePreferences"}
	case settings.Etcd:
		return words{lowest: "--tls-min-version", highest: "--tls-max-version", suites: "--cipher-suites"}
	}
	return words{lowest: "--tls-min-version", suites: "--tls-cipher-suites", groups: "--tls-curve-preferences"}
}

// versionWord spells a version as the component does (component-base v0.37.0,
// cli/flag/ciphersuites_flag.go; etcd client/pkg v3.7.3, tlsutil/versions.go); SSL 3.0 is one that
// neither of them has.
func versionWord(component string, version uint16) string {
	if component == settings.Etcd {
		return map[uint16]string{ssl30: "SSL3.0", tls10: "TLS1.0", tls11: "TLS1.1", tls12: "TLS1.2", tls13: "TLS1.3"}[version]
	}
	return map[uint16]string{ssl30: "VersionSSL30", tls10: "VersionTLS10", tls11: "VersionTLS11", tls12: "VersionTLS12", tls13: "VersionTLS13"}[version]
}

// tlsSettings says versions, suites and groups as settings.
func tlsSettings(s *sight, seen offers, visits []visit) {
	component := s.endpoint.Component
	w := wordsOf(component)
	versions := []string{}
	for _, v := range seen.versions {
		versions = append(versions, versionWord(component, v))
	}
	// A version that did not answer may be taken: the lowest is known only where it is a weak one already.
	if seen.versionErr == nil || seen.versions[0] < tls12 {
		s.put(w.lowest, settings.Of(versions[0]))
	}
	if seen.versionErr == nil {
		if w.highest != "" {
			s.put(w.highest, settings.Of(versions[len(versions)-1]))
		}
		s.put("wire/tls-versions", settings.Of(versions))
	} else {
		s.lacksFor(known(w.lowest, w.highest, "wire/tls-versions"), seen.versionErr)
	}
	if err := cmp.Or(seen.suiteErr, seen.versionErr); err == nil {
		taken := suiteNames(seen.suites)
		testable := append(testableOf(seen, visits), taken...)
		slices.Sort(testable)
		s.put(w.suites, settings.Of(taken))
		s.put("wire/testable-suites", settings.Of(slices.Compact(testable)))
	} else {
		s.lacksFor([]string{w.suites, "wire/testable-suites"}, err)
	}
	tls13Settings(s, w, seen)
}

func tls13Settings(s *sight, w words, seen offers) {
	groups := cmp.Or(w.groups, "wire/groups")
	if !slices.Contains(seen.versions, tls13) {
		if seen.versionErr != nil {
			s.lacksFor([]string{groups, "wire/tls13-suites"}, seen.versionErr)
			return
		}
		s.put("wire/tls13-suites", settings.Of([]string{}))
		if w.groups != "" {
			s.lacks([]string{groups}, "does not take TLS 1.3, in which alone groups are asked", "see which program listens there: every component takes TLS 1.3")
		}
		return
	}
	if seen.suite13Err == nil {
		s.put("wire/tls13-suites", settings.Of(suiteNames(seen.suites13)))
	} else {
		s.lacksFor([]string{"wire/tls13-suites"}, seen.suite13Err)
	}
	if seen.groupErr != nil {
		s.lacksFor([]string{groups}, seen.groupErr)
		return
	}
	ids := []any{}
	for _, id := range seen.groups {
		ids = append(ids, int(id))
	}
	s.put(groups, settings.Of(ids))
}

// testableOf are the suites that the certificate permits; none where only TLS 1.3 is taken.
func testableOf(seen offers, visits []visit) []string {
	if seen.versions[0] == tls13 {
		return []string{}
	}
	for _, v := range visits {
		if v.certificate != nil {
			return Testable(keyWord(v.certificate))
		}
	}
	return []string{}
}

// known leaves out what is "".
func known(paths ...string) []string {
	return slices.DeleteFunc(paths, func(p string) bool { return p == "" })
}

// certificateSettings says whose certificate is shown and whose is wanted.
func certificateSettings(s *sight, visits []visit) {
	best := visits[0]
	for _, v := range visits {
		if best.certificate == nil && v.certificate != nil {
			best = v
		}
	}
	if c := best.certificate; c == nil {
		s.lacksFor([]string{
			"wire/certificate/key", "wire/certificate/signature", "wire/certificate/issuer",
			"wire/certificate/not-before", "wire/certificate/not-after",
		}, cmp.Or(best.err, errClosed))
	} else {
		s.put("wire/certificate/key", settings.Of(keyWord(c)))
		s.put("wire/certificate/signature", settings.Of(plain(c.SignatureAlgorithm.String())))
		s.put("wire/certificate/issuer", settings.Of(plain(c.Issuer.String())))
		s.put("wire/certificate/not-before", settings.Of(c.NotBefore.UTC().Format(time.RFC3339)))
		s.put("wire/certificate/not-after", settings.Of(c.NotAfter.UTC().Format(time.RFC3339)))
	}
	flag := clientFlag(s.endpoint)
	for _, v := range visits {
		if word, ok := v.clientCertificate(); ok {
			s.put("wire/client-certificate", settings.Of(word))
			if flag != "" {
				s.put(flag, settings.Of(word == "required"))
			}
			return
		}
	}
	s.lacksFor(known(flag, "wire/client-certificate"), cmp.Or(visits[0].err, errClosed))
}

// clientFlag is etcd's flag that makes a client's certificate required.
func clientFlag(e Endpoint) string {
	switch {
	case e.Component != settings.Etcd:
		return ""
	case e.Side == Peer:
		return "--peer-client-cert-auth"
	}
	return "--client-cert-auth"
}

// anonymousSettings says what who has no credentials may see.
func anonymousSettings(s *sight, paths []string, visits []visit) {
	component := s.endpoint.Component
	if component == settings.Etcd {
		return
	}
	words := map[string]string{}
	for i, path := range paths {
		if path == versionPath {
			s.kubernetes = versionIn(visits[i].body)
		}
		word := answerWord(visits[i].status)
		if visits[i].err == nil && word != "" {
			words[path] = word
			s.put(anonymousPath+path, settings.Of(word))
			continue
		}
		lacking := []string{anonymousPath + path}
		if component == settings.Kubelet && path == podsPath {
			lacking = append(lacking, "authentication.anonymous.enabled")
		}
		if component == settings.APIServer && slices.Contains(deciding(), path) {
			lacking = append(lacking, "--anonymous-auth")
		}
		if err := visits[i].err; err != nil {
			s.lacksFor(lacking, err)
		} else {
			s.lacks(lacking, fmt.Sprintf("answers GET %s with the status %d", path, visits[i].status), "see whether the component is ready")
		}
	}
	switch component {
	case settings.Kubelet:
		if word, ok := words[podsPath]; ok {
			s.put("authentication.anonymous.enabled", settings.Of(word != Denied))
		}
	case settings.APIServer:
		if auth, ok := anonymousAuth(words, len(paths)); ok {
			s.put("--anonymous-auth", settings.Of(auth))
		}
	}
}

// deciding are paths that nobody lists in conditions.
func deciding() []string { return []string{"/api", nodesPath} }

// anonymousAuth reads the flag off the answers; ok is false where they leave a doubt.
func anonymousAuth(words map[string]string, asked int) (auth, ok bool) {
	open := !slices.ContainsFunc(deciding(), func(path string) bool { return words[path] == "" || words[path] == Denied })
	closed := len(words) == asked
	for _, word := range words {
		closed = closed && word == Denied
	}
	return open, open || closed
}

// versionIn reads the answer of an API server to GET /version (apimachinery v0.37.0, pkg/version/types.go).
func versionIn(body []byte) string {
	var info struct {
		GitVersion string `json:"gitVersion"`
	}
	if json.Unmarshal(body, &info) != nil || !regexp.MustCompile(`^v\d{1,4}\.\d{1,4}\.\d{1,4}([-+.][0-9A-Za-z.+-]{1,64})?$`).MatchString(info.GitVersion) {
		return ""
	}
	return strings.TrimPrefix(info.GitVersion, "v")
}
