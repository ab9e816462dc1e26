package profiles

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hardstrap/hardstrap/internal/diag"
)

func (v *validator) companions() {
	c := v.Profile.Companions
	root := place("companions")
	if m := c.Mesh; m != nil {
		at := under(root, "mesh")
		v.exclusive(under(at, "rootNamespace"), under(at, "namespaces"), "the root namespace stands for the whole mesh")
		v.is(m.RootNamespace, label, under(at, "rootNamespace")...)
		v.each(m.Namespaces, label, under(at, "namespaces")...)
		v.empty(len(m.Namespaces), "name namespaces, or remove the line for the whole mesh", under(at, "namespaces")...)
	}
	v.falco()
	v.alerts()
	v.imageSignatures()
}

func (v *validator) falco() {
	f := v.Profile.Companions.Falco
	if f == nil {
		return
	}
	at := place("companions", "falco")
	if (f.ControlPlaneFiles == nil || !*f.ControlPlaneFiles) && len(f.Processes) == 0 && !v.tainted.has(v.spell(at)) {
		v.fault(diag.Problem{Message: "there is nothing to tell of", Hint: "write controlPlaneFiles: true, or list processes"}, at...)
	}
	for i, p := range f.Processes {
		here := under(at, "processes", strconv.Itoa(i))
		v.is(p.Namespace, label, under(here, "namespace")...)
		if len(p.Names) == 0 {
			v.missing("name the processes that may run, as [nginx]", under(here, "names")...)
		}
		v.each(p.Names, processName, under(here, "names")...)
	}
}

// processName is what the kernel calls a process: at most 15 bytes (proc(5), comm; Falco's
// proc.name is that). What a condition of Falco cannot hold is refused here too, so that the
// message stands at the name: see internal/resolve, falcoText.
func processName(text string) *diag.Problem {
	const allowed = `letters, digits and signs but for blanks, / and '"\(),=`
	switch bad := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(` /'"\(),=`, r) }; {
	case text == "" || strings.ContainsFunc(text, bad):
		p := refuse(text, "a process's name", allowed)
		if strings.Contains(text, "/") {
			p.Hint = "write the file's name without its directory"
		}
		return p
	case len(text) > 15:
		p := refuse(text, "a process's name", "at most 15 bytes: the kernel cuts off the rest")
		if name := text[:15]; strings.ToValidUTF8(name, "") == name {
			p.Hint = fmt.Sprintf("write %q", name)
		}
		return p
	}
	return nil
}

func (v *validator) alerts() {
	a := v.Profile.Companions.Alerts
	if a == nil {
		return
	}
	at := place("companions", "alerts")
	v.needed(a.Namespace, "name the namespace where Prometheus looks for rules", under(at, "namespace")...)
	v.is(a.Namespace, label, under(at, "namespace")...)
	v.textMap(a.Labels, alertLabelKey, alertLabelValue, false, under(at, "labels")...)
	v.is(a.CertificateExpiry, expiry, under(at, "certificateExpiry")...)
}

// expiry is within the bounds that apiserver_client_certificate_expiration_seconds counts by
// (k8s.io/apiserver v0.37.0, pkg/authentication/request/x509/x509.go; the same since 0.33).
func expiry(text string) *diag.Problem {
	if p := duration(text); p != nil {
		return p
	}
	if d, err := time.ParseDuration(text); err != nil || d < 30*time.Minute || d > 8640*time.Hour || d%time.Second != 0 {
		return refuse(text, "a time that the API server counts certificates by", "30m to 8640h, in whole seconds")
	}
	return nil
}

var alertLabelSpelling = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$`)

// alertLabelKey is the key of a label (k8s.io/apimachinery v0.37.0, pkg/util/validation, IsQualifiedName).
func alertLabelKey(text string) *diag.Problem {
	prefix, name, found := strings.Cut(text, "/")
	if !found {
		prefix, name = "", text
	}
	if (found && subdomain(prefix) != nil) || objectName(name) != nil {
		return refuse(text, "the key of a label", "letters, digits, ., _ and -, at most 63 characters, perhaps with a DNS name and / before them")
	}
	if text == "app.kubernetes.io/managed-by" {
		return &diag.Problem{Message: fmt.Sprintf("%q is set by hardstrap itself", text), Hint: "remove the line"}
	}
	return nil
}

// alertLabelValue is the value of a label (the same package, IsValidLabelValue).
func alertLabelValue(text string) *diag.Problem {
	if len(text) <= 63 && alertLabelSpelling.MatchString(text) {
		return nil
	}
	return refuse(text, "the value of a label", "letters, digits, ., _ and -, a letter or digit at both ends, at most 63 characters")
}

func (v *validator) imageSignatures() {
	s := v.Profile.Companions.ImageSignatures
	if s == nil {
		return
	}
	at := place("companions", "imageSignatures")
	if len(s.Images) == 0 {
		v.missing("name the images, as [registry.example.org/shop/**]", under(at, "images")...)
	}
	v.each(s.Images, imageGlob, under(at, "images")...)
	v.exclusive(under(at, "publicKey"), under(at, "keyless"), "a signature is either by a key or keyless")
	if s.PublicKey == "" && s.Keyless == nil && !v.tainted.has(v.spell(at)) {
		v.missing("write publicKey, or keyless: {issuer: ..., subject: ...}", under(at, "publicKey")...)
	}
	v.is(s.PublicKey, publicKey, under(at, "publicKey")...)
	if k := s.Keyless; k != nil {
		here := under(at, "keyless")
		v.needed(k.Issuer, "write the URL of who vouches for the signer", under(here, "issuer")...)
		v.is(k.Issuer, https, under(here, "issuer")...)
		v.needed(k.Subject, "write the signer as the certificate names it, a URL or an e-mail address", under(here, "subject")...)
	}
}

var globSpelling = regexp.MustCompile(`^[a-zA-Z0-9_:/*.@-]+$`)

// imageGlob is a pattern of images (github.com/sigstore/policy-controller v0.13.1,
// pkg/apis/glob/glob.go).
func imageGlob(text string) *diag.Problem {
	p := spelled(text, globSpelling, "a pattern of images", "letters, digits and any of _:/*.@-, as registry.example.org/shop/**")
	if p == nil && strings.Trim(text, "*/") == "" && text != "**" {
		p = refuse(text, "a pattern with the host in it", `** for every image, or one that starts with the registry`)
		p.Hint = `policy-controller takes "*" and "*/*" for index.docker.io alone`
	}
	return p
}

// publicKey is one public key in PEM. A message never shows the text: it could be the wrong half.
func publicKey(text string) *diag.Problem {
	const allowed = "one key in PEM, -----BEGIN PUBLIC KEY----- ..., as cosign generate-key-pair writes it to cosign.pub"
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil || strings.TrimSpace(string(rest)) != "":
		return &diag.Problem{Message: "the text is not one public key", Allowed: allowed}
	case block.Type != "PUBLIC KEY":
		return &diag.Problem{Message: fmt.Sprintf("the text is PEM of something else: %s", strings.ToLower(block.Type)), Allowed: allowed}
	}
	if _, err := x509.ParsePKIXPublicKey(block.Bytes); err != nil {
		return &diag.Problem{Message: "the text is PEM, but what is in it is not a public key", Allowed: allowed}
	}
	return nil
}
