package profiles

import (
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/nearest"
)

// format judges how a text is spelled: nil where it is right, else a problem without a place.
type format func(text string) *diag.Problem

func refuse(text, what, allowed string) *diag.Problem {
	return &diag.Problem{Message: fmt.Sprintf("%q is not %s", shorten(text), what), Allowed: allowed}
}

// oneOf allows certain words only.
func oneOf(words ...string) format {
	return func(text string) *diag.Problem {
		if slices.Contains(words, text) {
			return nil
		}
		return &diag.Problem{
			Message: fmt.Sprintf("%q is not known", shorten(text)),
			Allowed: strings.Join(words, ", "),
			Hint:    meant(text, words),
		}
	}
}

// meant guesses which of some words was meant; of equally near ones the first.
func meant(text string, words []string) string {
	if near := nearest.First(text, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// spelled judges a text by an expression.
func spelled(text string, right *regexp.Regexp, what, allowed string) *diag.Problem {
	if right.MatchString(text) {
		return nil
	}
	return refuse(text, what, allowed)
}

// Spellings. Names of objects are as k8s.io/apimachinery v0.37.0, pkg/util/validation takes
// them (IsDNS1123Label, IsDNS1123Subdomain, IsWildcardDNS1123Subdomain), lengths aside: those are
// looked at outside, because a bound is compiled as so many copies of what it bounds.
var (
	labelSpelling     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	subdomainSpelling = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	versionSpelling   = regexp.MustCompile(`^v?1\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?$`)
	policySpelling    = regexp.MustCompile(`^(latest|v1\.(0|[1-9][0-9]*))$`)
	imageSpelling     = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]+)?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	userSpelling      = regexp.MustCompile(`^[a-z_][a-z0-9_-]*$`)
	nameSpelling      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	controlSpelling   = regexp.MustCompile(`^[a-z][a-z0-9.-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`)
	pluginSpelling    = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	resourceSpelling  = regexp.MustCompile(`^(\*|[a-z0-9-]+)(\.(\*|[a-z0-9.-]*))?$`)
)

const subdomainRule = "lower-case letters, digits, - and ., a letter or digit at both ends, at most 253 characters"

func label(text string) *diag.Problem {
	if len(text) <= 63 && labelSpelling.MatchString(text) {
		return nil
	}
	return refuse(text, "a DNS label",
		"lower-case letters, digits and -, a letter or digit at both ends, at most 63 characters")
}

func objectName(text string) *diag.Problem {
	if len(text) <= 63 && nameSpelling.MatchString(text) {
		return nil
	}
	return refuse(text, "a name",
		"letters, digits, ., _ and -, a letter or digit at both ends, at most 63 characters")
}

func user(text string) *diag.Problem {
	if len(text) <= 32 && userSpelling.MatchString(text) {
		return nil
	}
	return refuse(text, "a system user's name",
		"lower-case letters, digits, _ and -, at most 32 characters, no digit first")
}

func image(text string) *diag.Problem {
	return spelled(text, imageSpelling, "an image repository",
		"a host and a path, without tag or digest, as registry.example.org/kubernetes")
}

func pssVersion(text string) *diag.Problem {
	return spelled(text, policySpelling, "a version of the Pod Security Standards",
		"latest, or a minor as v1.37")
}

func controlID(text string) *diag.Problem {
	return spelled(text, controlSpelling, "a control",
		"benchmark/id, as cis-1.12/1.2.11 or weak/<rule>")
}

func plugin(text string) *diag.Problem {
	return spelled(text, pluginSpelling, "an admission plugin's name",
		"upstream's spelling, as NodeRestriction")
}

func subdomain(text string) *diag.Problem {
	if len(text) <= 253 && subdomainSpelling.MatchString(text) {
		return nil
	}
	return refuse(text, "a DNS name", subdomainRule)
}

// certName is a name or address in a certificate (kubeadm v1.37.0, ValidateCertSANs).
func certName(text string) *diag.Problem {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return nil
	}
	if subdomain(strings.TrimPrefix(text, "*.")) == nil {
		return nil
	}
	return refuse(text, "a DNS name or an IP address", "a name as api.example.org, *.example.org, or an address")
}

func version(text string) *diag.Problem {
	if versionSpelling.MatchString(text) {
		return nil
	}
	p := refuse(text, "a version of Kubernetes", "a release as 1.37.0, or a minor as 1.37")
	if strings.ContainsAny(text, "-+") {
		p.Hint = "pre-releases and builds are not supported"
	}
	return p
}

func address(text string) *diag.Problem {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" && !addr.Is4In6() {
		return nil
	}
	return refuse(text, "an IP address", "an IPv4 or IPv6 address, without a port")
}

// reachable is an address that other machines can be told.
func reachable(text string) *diag.Problem {
	if p := address(text); p != nil {
		return p
	}
	if addr := netip.MustParseAddr(text); !addr.IsGlobalUnicast() {
		return refuse(text, "an address that other nodes can reach", "a unicast address of this node, not loopback, link-local or 0.0.0.0")
	}
	return nil
}

func cidr(text string) *diag.Problem {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		p := refuse(text, "a CIDR", "an address and a length, as 10.244.0.0/16 or fd00::/48")
		if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
			p.Hint = fmt.Sprintf("for this address alone write %s/%d", text, addr.BitLen())
		}
		return p
	}
	if prefix.Masked() != prefix {
		p := refuse(text, "the start of its range", "")
		p.Hint = fmt.Sprintf("write %s for the range, or %s/%d for the address", prefix.Masked(), prefix.Addr(), prefix.Addr().BitLen())
		return p
	}
	return nil
}

// cidrs is one CIDR, or one of each family with a comma (kubeadm v1.37.0, ValidateIPNetFromString).
func cidrs(text string) *diag.Problem {
	parts := strings.Split(text, ",")
	for _, part := range parts {
		if p := cidr(part); p != nil {
			if strings.ContainsAny(part, " ") {
				p.Hint = "no space around the comma"
			}
			return p
		}
	}
	if len(parts) > 2 || len(parts) == 2 &&
		netip.MustParsePrefix(parts[0]).Addr().Is4() == netip.MustParsePrefix(parts[1]).Addr().Is4() {
		return refuse(text, "a dual-stack range", "one CIDR, or an IPv4 and an IPv6 one with a comma between")
	}
	return nil
}

// endpoint is host or host:port (kubeadm v1.37.0, util.ParseHostPort).
func endpoint(text string) *diag.Problem {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, "6443"
	}
	const allowed = "host or host:port, the host a DNS name or an IP address ([...] around IPv6 with a port)"
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strings.HasPrefix(port, "0") {
		p := refuse(text, "an endpoint", allowed)
		p.Hint = fmt.Sprintf("%q is not a port: 1 to 65535", port)
		return p
	}
	if address(host) == nil || subdomain(host) == nil {
		return nil
	}
	p := refuse(text, "an endpoint", allowed)
	if strings.Contains(text, "://") {
		p.Hint = "leave out the scheme"
	}
	return p
}

// https is a URL a server is reached by, as upstream takes it for issuers (k8s.io/apiserver
// v0.37.0, pkg/apis/apiserver/validation/validation.go, validateURL).
func https(text string) *diag.Problem {
	u, err := url.Parse(text)
	const allowed = "https://host[:port]/path"
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return refuse(text, "a URL", allowed)
	case u.User != nil:
		return &diag.Problem{Message: "the URL holds a user's name or password", Allowed: allowed}
	case u.Scheme != "https":
		return refuse(text, "an https URL", allowed)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return refuse(text, "a URL without query and fragment", allowed)
	case subdomain(strings.ToLower(u.Hostname())) != nil && address(u.Hostname()) != nil:
		p := refuse(text, "a URL", allowed)
		p.Hint = fmt.Sprintf("%q is not a host", u.Hostname())
		return p
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return refuse(text, "a URL", "a port from 1 to 65535")
		}
	}
	return nil
}

// duration is a positive Go duration.
func duration(text string) *diag.Problem { return between(1, 1<<62)(text) }

// between is a Go duration within bounds.
func between(least, most time.Duration) format {
	return func(text string) *diag.Problem {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			p := refuse(text, "a duration", "a number with its unit, as 300s, 5m, 8760h")
			if strings.HasSuffix(text, "d") || strings.HasSuffix(text, "y") {
				p.Hint = "there are no days and years: write hours"
			}
			return p
		case d < least:
			return refuse(text, "a duration above zero", "")
		case d > most:
			return refuse(text, "a duration that is allowed here", "at most "+most.String())
		}
		return nil
	}
}

func date(text string) *diag.Problem {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return refuse(text, "a date", "YYYY-MM-DD, as 2027-06-30")
	}
	return nil
}

// nodePath is a file or directory on a node.
func nodePath(text string) *diag.Problem {
	const allowed = `an absolute path without "..", "//" or a slash at its end`
	if strings.HasPrefix(text, "/") && text != "/" && path.Clean(text) == text {
		return nil
	}
	p := refuse(text, "a path on a node", allowed)
	switch clean := path.Clean(text); {
	case !strings.HasPrefix(text, "/"):
		p.Hint = "start with /"
	case clean != "/" && !strings.Contains(text, ".."):
		p.Hint = "write " + clean
	}
	return p
}

// below is a path on a node beneath certain directories, which kubeadm mounts.
func beneath(directories ...string) format {
	return func(text string) *diag.Problem {
		if p := nodePath(text); p != nil {
			return p
		}
		for _, d := range directories {
			if strings.HasPrefix(text, d+"/") {
				return nil
			}
		}
		p := refuse(text, "a path the API server can read", "a file below "+strings.Join(directories, " or "))
		p.Hint = "kubeadm mounts that directory into the API server: put the file there"
		return p
	}
}

// localFile is a file beside the profile.
func localFile(text string) *diag.Problem {
	if strings.HasSuffix(text, "/") || strings.Contains(text, "://") || text == "." || text == ".." {
		return refuse(text, "a file's name", "a path, relative to this profile or absolute")
	}
	return nil
}

// socket is the URL of a Unix socket on a node.
func socket(text string) *diag.Problem {
	name, ok := strings.CutPrefix(text, "unix://")
	if !ok || nodePath(name) != nil {
		return refuse(text, "the URL of a socket", "unix:// and an absolute path, as unix:///run/kms/plugin.sock")
	}
	return nil
}

// crowded reports whether a directory must not be mounted into a component as a whole: it holds
// what is none of its business, such as the container runtime's socket. The directory of a log
// is also closed to everybody but root, with all that lies in it.
func crowded(dir string) bool {
	return slices.Contains([]string{
		"/", "/bin", "/boot", "/dev", "/etc", "/etc/kubernetes", "/etc/kubernetes/manifests", "/etc/kubernetes/pki", "/home",
		"/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/usr/local",
		"/var", "/var/cache", "/var/lib", "/var/lib/etcd", "/var/lib/kubelet", "/var/log", "/var/log/audit", "/var/log/containers",
		"/var/log/journal", "/var/log/pods", "/var/run", "/var/spool", "/var/tmp", "/run/containerd", "/run/crio",
		"/var/run/containerd", "/var/run/crio",
	}, dir)
}

// ownDirectory judges a file on a node whose directory is mounted.
func ownDirectory(name string) *diag.Problem {
	if dir := path.Dir(name); crowded(dir) {
		p := refuse(name, "in a directory of its own", "")
		p.Hint = fmt.Sprintf("its directory is mounted, and all of %s would be: put it in a directory of its own", dir)
		return p
	}
	return nil
}

func kmsSocket(text string) *diag.Problem {
	if p := socket(text); p != nil {
		return p
	}
	return ownDirectory(strings.TrimPrefix(text, "unix://"))
}

func logPath(text string) *diag.Problem {
	if p := nodePath(text); p != nil {
		return p
	}
	return ownDirectory(text)
}

// certificates is PEM with at least one certificate, and nothing else.
func certificates(text string) *diag.Problem {
	rest, n := []byte(text), 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return &diag.Problem{Message: fmt.Sprintf("the text holds a %s", strings.ToLower(block.Type)), Allowed: "certificates in PEM"}
		}
		n++
	}
	if n == 0 || strings.TrimSpace(string(rest)) != "" {
		return &diag.Problem{Message: "the text is not certificates in PEM", Allowed: "-----BEGIN CERTIFICATE----- ..."}
	}
	return nil
}
